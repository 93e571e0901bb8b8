import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.SCALEOPS_BACKEND ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    // light-dark() stays as written: lowering it would double every colour.
    target: ["chrome123", "firefox120", "safari17.5"],
    // The Content-Security-Policy allows data: for images only, so fonts must stay files.
    assetsInlineLimit: 0,
    // What is not ours changes with its versions alone: browsers keep it when the product is upgraded.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "libraries", test: /node_modules/ }] } } },
  },
  server: {
    proxy: {
      "/api": backend,
      "/ws": { target: backend, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    pool: "vmThreads", // each file apart from the others as in processes, which took 70 s of CPU in place of 21
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    // A bound for tests that hang; the backend's tests run beside these on the same two cores.
    testTimeout: 60_000,
  },
});
