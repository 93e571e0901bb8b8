import type { APIRequestContext } from "@playwright/test";
import {
  chartSummary,
  expect,
  questionOf,
  region,
  test,
  upload,
  uploadAndWait,
  uploadCard,
  uploadedFiles,
} from "./page";
import { countsOf, grafanaOfTwoQueries, threeDays } from "./traffic";

test.use({ allowErrors: /status of 4(09|22)/ });

/** The newest rate of a series, as the history has it. */
async function newestRate(request: APIRequestContext, filename: string): Promise<number> {
  const answer = await request.get("/api/history", { params: { filename, range: "1h", anchor: "data" } });
  const points: { actual_rps: number | null }[] = await answer.json();
  return points.at(-1)?.actual_rps ?? Number.NaN;
}

test("a Grafana panel of two queries is asked about, and a click answers", async ({ page, request }) => {
  await page.goto("/");
  await upload(page, "panel.csv", grafanaOfTwoQueries());
  const question = uploadCard(page).getByRole("group", { name: /Several columns may be the traffic/ });
  await expect(question.getByRole("button")).toHaveCount(3);
  await expect(uploadCard(page).getByRole("columnheader", { name: "Time time" })).toBeVisible();
  expect(await (await request.get("/api/series")).json()).toEqual([]);

  await question.getByRole("button", { name: /"Value #A" alone/ }).click();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
  await expect(uploadCard(page)).toContainText(/req\/s on average/);
  await expect(uploadCard(page).getByRole("columnheader", { name: "Value #B ignored" })).toBeVisible();
  expect(await newestRate(request, "panel.csv")).toBeCloseTo(2.58, 1);
});

test("whole numbers under a name that says nothing are asked about before anything is stored", async ({
  page,
  request,
}) => {
  await page.goto("/");
  await upload(page, "counts.csv", countsOf("value"));
  const question = questionOf(page);
  await expect(
    question.getByRole("button", { name: /rate in requests per second.*drawn up to \d{3} req/ }),
  ).toBeVisible();
  await question.getByRole("button", { name: /count of requests per row.*drawn up to 0\.\d+ req/ }).click();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
  expect(await newestRate(request, "counts.csv")).toBeLessThan(1);
});

test("a wrong guess is repaired after it was stored, without the file being sent again", async ({
  page,
  request,
}) => {
  await page.goto("/");
  await uploadAndWait(page, "rates.csv", countsOf("requests")); // taken for counts: they were rates
  expect(await newestRate(request, "rates.csv")).toBeLessThan(1);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(new URL(request.url()).pathname));

  await uploadedFiles(page).getByRole("button", { name: "Change how it was read" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Unit of values").selectOption("requests per second");
  await expect(dialog.getByRole("status")).toContainText("rates per second");
  await dialog.getByRole("button", { name: "Store it so" }).click();
  await expect(dialog).toBeHidden();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
  await expect.poll(() => newestRate(request, "rates.csv")).toBeGreaterThan(50);
  await expect(region(page, "Current rate")).toContainText(/\d{2,3}.* req\/s/);
  expect(sent).not.toContain("/api/upload");
  expect(await (await request.get("/api/series")).json()).toHaveLength(1);
});

test("another file of the same name: it is asked what it is to the series", async ({ page, request }) => {
  await page.goto("/");
  await uploadAndWait(page, "shop.csv", threeDays({ minutes: 600 }));
  await upload(page, "shop.csv", threeDays({ minutes: 600 }).replaceAll(/,(\d)/g, ",1$1"));
  const question = questionOf(page);
  await expect(question).toContainText(/share 600 windows/);
  await question.getByRole("button", { name: /another series/ }).click();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
  await expect(page).toHaveURL(/series=shop\.csv\+%282%29/);
  expect(await (await request.get("/api/series")).json()).toHaveLength(2);
});

test("an import goes on when the page is left, and the list shows it on return", async ({ page }) => {
  await page.goto("/");
  const received = page.waitForRequest((request) => request.url().includes("/read?store=false")); // the last byte is in
  await upload(page, "left.csv", threeDays());
  await received;
  await page.goto("about:blank");

  await page.goto("/");
  const row = page
    .getByRole("region", { name: "Imports" })
    .getByRole("listitem")
    .filter({ hasText: "left.csv" });
  await expect(row).toContainText("Stored");
  await expect(row).toContainText(/4,140.rows · 1.–.3 Aug 1995/);
  await row.getByRole("link", { name: "left.csv" }).click();
  await expect(chartSummary(page)).toContainText("from 3 Aug 1995, 20:00");
});
