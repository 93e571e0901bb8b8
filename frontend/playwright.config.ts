import { defineConfig } from "@playwright/test";
import { browserOptions } from "./e2e/environment";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalTeardown: "./e2e/teardown.ts",
  workers: 2,
  fullyParallel: true,
  // Bounds for tests that fail; on a busy machine a backend takes ten seconds to start.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    timezoneId: "Europe/Berlin",
    launchOptions: browserOptions(),
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
});
