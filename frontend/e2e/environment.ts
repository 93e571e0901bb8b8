import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LaunchOptions } from "@playwright/test";

/** What scripts/ensure-browser looks for, in its order. */
const SYSTEM_CHROMIUMS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

export const SCALEOPS =
  process.env.SCALEOPS_COMMAND ?? fileURLToPath(new URL("../../.venv/bin/scaleops", import.meta.url));

/** Holds every store of one run. The workers find it in the environment that the runner gives them. */
process.env.SCALEOPS_E2E_FOLDER ??= mkdtempSync(join(tmpdir(), "scaleops-e2e-"));
export const FOLDER = process.env.SCALEOPS_E2E_FOLDER;

/** A place for a store that nothing else uses. */
export function temporaryDatabase(): string {
  return join(mkdtempSync(join(FOLDER, "store-")), "scaleops.sqlite");
}

/** The settings of a backend for tests, whatever the caller's environment says. */
export function backendEnvironment(port: number, database: string): Record<string, string> {
  return {
    SCALEOPS_HOST: "127.0.0.1",
    SCALEOPS_PORT: String(port),
    SCALEOPS_STORE: "sqlite",
    SCALEOPS_SQLITE_PATH: database,
    SCALEOPS_FRONTEND_PATH: fileURLToPath(new URL("../dist", import.meta.url)),
    SCALEOPS_READ_TOKEN: "",
    SCALEOPS_WRITE_TOKEN: "",
    SCALEOPS_API_TOKEN: "",
    SCALEOPS_ALLOWED_HOSTS: "",
    FORCE_COLOR: "", // its address is read from what it writes
  };
}

/** CHROMIUM_PATH where it is set, else one of the system's, else Playwright's own. */
export function browserOptions(): LaunchOptions {
  const path = process.env.CHROMIUM_PATH ?? SYSTEM_CHROMIUMS.find((path) => existsSync(path));
  return {
    ...(path ? { executablePath: path } : {}),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  };
}
