/** Kinds of alerts: the clock's own clear themselves, all others wait for a person. */
const BY_CLOCK: readonly string[] = ["due_soon", "overdue"];

export const clearsItself = (kind: string): boolean => BY_CLOCK.includes(kind);
