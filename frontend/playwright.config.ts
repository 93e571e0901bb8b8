import { defineConfig } from "@playwright/test";
import {
  ADDRESS,
  backendEnvironment,
  browserOptions,
  PORT,
  SCALEOPS,
  temporaryDatabase,
} from "./e2e/environment";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalTeardown: "./e2e/teardown.ts",
  // One backend serves all tests, and replays are one at a time: tests run one after another.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  use: {
    baseURL: ADDRESS,
    viewport: { width: 1440, height: 900 },
    timezoneId: "Europe/Berlin",
    launchOptions: browserOptions(),
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
  webServer: {
    command: `${SCALEOPS} serve`,
    url: `${ADDRESS}/api/ready`,
    env: backendEnvironment(PORT, temporaryDatabase()),
    reuseExistingServer: false,
    timeout: 60_000,
    gracefulShutdown: { signal: "SIGINT", timeout: 10_000 },
  },
});
