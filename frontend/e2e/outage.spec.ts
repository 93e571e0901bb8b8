import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { backendEnvironment, SCALEOPS, temporaryDatabase } from "./environment";
import { chartSummary, expect, region, tableTimes, test, uploadAndWait } from "./page";
import { threeDays } from "./traffic";

const PORT = 8732;
const ADDRESS = `http://127.0.0.1:${PORT}`;

// The browser itself reports every connection that is refused.
test.use({
  allowErrors: [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/, /WebSocket connection to/],
});

let backend: ChildProcess;
let database: string;

async function start(): Promise<void> {
  backend = spawn(SCALEOPS, ["serve"], {
    env: { ...process.env, ...backendEnvironment(PORT, database) },
    stdio: "ignore",
  });
  await expect
    .poll(
      () =>
        fetch(`${ADDRESS}/api/ready`).then(
          (answer) => answer.status,
          () => 0,
        ),
      { timeout: 60_000 },
    )
    .toBe(200);
}

async function stop(): Promise<void> {
  if (backend.exitCode !== null || backend.signalCode !== null) return;
  backend.kill("SIGINT");
  await once(backend, "exit");
}

test.beforeEach(async () => {
  database = temporaryDatabase();
  await start();
});

test.afterEach(stop);

test("the backend stops and starts under the open page: a notice, then everything that was missed", async ({
  page,
}) => {
  await page.goto(ADDRESS);
  await uploadAndWait(page, "growing.csv", threeDays({ minutes: 600 }));
  await expect(chartSummary(page)).toContainText("06:00 – 10:00 UTC");

  await stop();
  await expect(page.getByRole("alert")).toContainText("The backend cannot be reached.");
  await expect(page.getByText("Offline", { exact: true })).toBeVisible();
  await expect(region(page, "Current rate")).toContainText("req/s");

  await start();
  await fetch(`${ADDRESS}/api/upload`, {
    method: "POST",
    body: (() => {
      const form = new FormData();
      form.append("file", new File([threeDays({ minutes: 620 })], "growing.csv"));
      return form;
    })(),
  });
  await expect(page.getByText("Connected again.")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(chartSummary(page)).toContainText("06:20 – 10:20 UTC");
  await page.getByRole("button", { name: "Table" }).click();
  expect(await tableTimes(page)).toHaveLength(240);
  await page.getByRole("tab", { name: "1H" }).click();
  await expect(page.getByRole("rowheader").filter({ hasText: "1 Aug 1995, 10:19" })).toBeVisible();
});

test("an upload while the backend is gone says so, and can be tried again", async ({ page }) => {
  await page.goto(ADDRESS);
  await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
  await stop();
  await page.getByLabel("Traffic file", { exact: true }).setInputFiles({
    name: "late.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(threeDays({ minutes: 600 })),
  });
  await expect(region(page, "Upload traffic").getByRole("alert")).toContainText(
    "The backend cannot be reached",
  );
  await start();
  await region(page, "Upload traffic").getByRole("button", { name: "Try again" }).click();
  await expect(region(page, "Upload traffic").getByText("stored", { exact: true })).toBeVisible();
});
