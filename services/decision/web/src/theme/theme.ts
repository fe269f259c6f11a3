/** Mantine as this product wears it: its variables come from style sheets, because the page's policy allows no inline style. */
import { Button, Checkbox, Drawer, Modal, Radio, Select, TextInput, Tooltip, createTheme } from "@mantine/core";

const HEAD = { header: { role: "presentation" } };

export const theme = createTheme({
  fontFamily: "var(--font)",
  defaultRadius: "sm",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // On dark ground the accent is light, and white on it could not be read.
    Button: Button.extend({
      defaultProps: { size: "xs" },
      vars: (_theme, { variant = "filled" }) => ({ root: variant === "filled" ? { "--button-color": "var(--on-accent)" } : {} }),
    }),
    Checkbox: Checkbox.extend({ vars: () => ({ root: { "--checkbox-icon-color": "var(--on-accent)" } }) }),
    Radio: Radio.extend({ vars: () => ({ root: { "--radio-icon-color": "var(--on-accent)" } }) }),
    TextInput: TextInput.extend({ defaultProps: { size: "xs" } }),
    Select: Select.extend({ defaultProps: { size: "xs" } }),
    // Locking the scroll would inject a style; the page's body never scrolls anyway.
    // The head of a dialogue is no banner of the page.
    Modal: Modal.extend({ defaultProps: { attributes: HEAD, lockScroll: false, overlayProps: { backgroundOpacity: 0.38 }, transitionProps: { duration: 120 } } }),
    Drawer: Drawer.extend({ defaultProps: { attributes: HEAD, lockScroll: false, transitionProps: { duration: 140 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, withArrow: false, transitionProps: { duration: 80 } } }),
  },
});
