/** Mantine as this product wears it: its variables come from style sheets, because the page's policy allows no inline style. */
import { Button, Drawer, Modal, Select, TextInput, Tooltip, createTheme } from "@mantine/core";

export const theme = createTheme({
  fontFamily: "var(--font)",
  defaultRadius: "sm",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Select: Select.extend({ defaultProps: { size: "xs" } }),
    // Locking the scroll would inject a style; the page's body never scrolls anyway.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.38 }, transitionProps: { duration: 120 } } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, transitionProps: { duration: 140 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, withArrow: false, transitionProps: { duration: 80 } } }),
  },
});
