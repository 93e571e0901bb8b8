import { Backend } from "./backend";
import {
  chartSummary,
  expect,
  pointsTable,
  region,
  tableTimes,
  test,
  upload,
  uploadAndWait,
  uploadCard,
} from "./page";
import { threeDays } from "./traffic";

// The browser itself reports every connection that is refused.
test.use({ allowErrors: /ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|WebSocket connection to/ });

let backend: Backend;

test.beforeEach(async () => {
  backend = new Backend();
  await backend.start();
});

test.afterEach(() => backend.stop());

test("the backend stops and starts under the open page: a notice, then what was missed", async ({ page }) => {
  await page.goto(backend.address);
  await uploadAndWait(page, "growing.csv", threeDays({ minutes: 600 }));
  await expect(chartSummary(page)).toContainText("06:00 – 10:00 UTC");

  await backend.stop();
  await expect(page.getByRole("alert")).toContainText("The backend cannot be reached.");
  await expect(page.getByText("Offline", { exact: true })).toBeVisible();
  await expect(region(page, "Current rate")).toContainText("req/s");

  await backend.start();
  await backend.upload("growing.csv", threeDays({ minutes: 620 }));
  await expect(page.getByText("Reconnected.")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(chartSummary(page)).toContainText("06:20 – 10:20 UTC");
  await page.getByRole("button", { name: "Table" }).click();
  expect(await tableTimes(page)).toHaveLength(240);
  await page.getByRole("tab", { name: "1H" }).click();
  await expect(
    pointsTable(page).getByRole("rowheader").filter({ hasText: "1 Aug 1995, 10:19" }),
  ).toBeVisible();
});

test("an upload while the backend is gone says so, and can be tried again", async ({ page }) => {
  await page.goto(backend.address);
  await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
  await backend.stop();
  await upload(page, "late.csv", threeDays({ minutes: 600 }));
  await expect(uploadCard(page).getByRole("alert")).toContainText("The backend cannot be reached");
  await backend.start();
  await uploadCard(page).getByRole("button", { name: "Try again" }).click();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
});
