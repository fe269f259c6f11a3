import "@fontsource-variable/inter/index.css";
import "@mantine/core/styles.layer.css";
import "./theme/tokens.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { preferredLanguage, speak, storedLanguage } from "./i18n/texts";
import { theme } from "./theme/theme";

void speak(preferredLanguage(storedLanguage(), navigator.languages));

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <App />
      </MantineProvider>
    </StrictMode>,
  );
}
