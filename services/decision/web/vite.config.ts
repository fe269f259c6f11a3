/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Where `npm run dev` finds the decision service.
const service = process.env["DECISION_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The service's content security policy allows no data: fonts and no inlined scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One style sheet: one that is missing would leave a part of the page bare, also after its code was fetched again.
    cssCodeSplit: false,
    manifest: "manifest.json",
  },
  server: { proxy: { "/v1": { target: service, changeOrigin: false } } },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
