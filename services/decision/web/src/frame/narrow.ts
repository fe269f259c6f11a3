/** Where there is no room for a table, nor for a menu at the side; the style sheets say the same. */
export const NARROW = "(max-width: 760px)";
