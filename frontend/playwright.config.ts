import { defineConfig } from "@playwright/test";
import { browserOptions } from "./e2e/environment";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalTeardown: "./e2e/teardown.ts",
  workers: 2,
  fullyParallel: true,
  // Bounds for tests that fail: where the backend's tests keep both cores busy, a backend takes half a minute to start.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  projects: [
    { name: "tests", testIgnore: "pictures.spec.ts" },
    { name: "pictures", testMatch: "pictures.spec.ts" },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    timezoneId: "Europe/Berlin",
    launchOptions: browserOptions(),
    screenshot: "only-on-failure",
    // A trace of each test costs 7 % of their CPU, with its filmstrip half: `npm run e2e -- --trace on` has them.
  },
});
