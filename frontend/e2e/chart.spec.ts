import { chartSummary, crosshair, expect, placesOf, pointsTable, region, test, uploadAndWait } from "./page";
import { threeDays } from "./traffic";

test.beforeEach(async ({ page }) => {
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
});

test("tabs show their range of 1995, with outage, anomaly and forecast, and keep it in the URL", async ({
  page,
}) => {
  const summary = chartSummary(page);
  await expect(summary).toContainText("from 3 Aug 1995, 20:00 – 4 Aug 1995, 00:00 UTC");

  await page.getByRole("tab", { name: "1H" }).click();
  await expect(summary).toContainText("from 3 Aug 1995, 23:00 – 4 Aug 1995, 00:00 UTC");
  await expect(summary).toContainText(/Highest 3\.\d\d.req\/s at 3 Aug 1995, 23:00/);
  await expect(summary).toContainText("marked.");
  await expect(summary).toContainText(
    /Forecast of LGBM\+: .* in 1.min, .* in 5.min, .* in 15.min, .* in 30.min, .* in 60.min/,
  );

  await page.getByRole("tab", { name: "24H" }).click();
  await expect(summary).toContainText("from 3 Aug 1995, 00:00 – 4 Aug 1995, 00:00 UTC");
  await expect(summary).toContainText(/Unknown for 3.h|Unknown for 180.min/);
  await expect(page.getByText(/2.min averages/)).toBeVisible();
  await expect(page).toHaveURL(/range=24h/);

  await page.goBack();
  await expect(page.getByRole("tab", { name: "1H" })).toHaveAttribute("aria-selected", "true");
  await page.goForward();
  await expect(page.getByRole("tab", { name: "24H" })).toHaveAttribute("aria-selected", "true");
  await page.reload();
  await expect(page.getByRole("tab", { name: "24H" })).toHaveAttribute("aria-selected", "true");
  await expect(summary).toContainText("from 3 Aug 1995, 00:00");
});

test("what is served is drawn as the tiles say it, and named in chart, table and words", async ({ page }) => {
  // Steps: the last value is the best forecast of the next window, and of the sixtieth.
  const levels = [
    100, 800, 50, 400, 200, 800, 100, 50, 400, 200, 800, 50, 100, 400, 200, 50, 800, 100, 200, 800,
  ];
  const rows = levels.flatMap((rate, step) =>
    Array.from({ length: 240 }, (_, row) => {
      const minute = step * 240 + row;
      return `${new Date(Date.UTC(1995, 7, 1, 0, minute)).toISOString()},${rate}`;
    }),
  );
  await uploadAndWait(page, "steps.csv", ["timestamp,rps", ...rows].join("\n"));
  const tile = region(page, /Forecast in 15.min/);
  await expect(tile).toContainText("last value");
  await expect(tile).toContainText("800 req/s");
  await expect(page.getByRole("button", { name: "Served: last value" })).toBeVisible();
  await expect(chartSummary(page)).toContainText(
    /Forecast of the served model: .*800.req\/s in 60.min \(last value\)/,
  );
  await crosshair(page).focus();
  await page.keyboard.press("End");
  await expect(crosshair(page)).toHaveAttribute(
    "aria-valuetext",
    /the served model: last value 800.req\/s, p10–p90: last value \d/,
  );
  await expect(
    page.getByRole("term", { includeHidden: true }).filter({ hasText: "Served: last value" }),
  ).toHaveCount(1);
  await page.getByRole("button", { name: "Table" }).click();
  await expect(pointsTable(page).getByRole("cell", { name: "800 last value" })).toHaveCount(5);
});

test("the chart is read by keyboard", async ({ page }) => {
  const slider = crosshair(page);
  await slider.focus();
  await page.keyboard.press("End");
  await expect(slider).toHaveAttribute(
    "aria-valuetext",
    /^4 Aug 1995, 00:59 UTC: forecast the served model: /,
  );
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", /^3 Aug 1995, 20:00 UTC: actual /);
  await page.keyboard.press("ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", /^3 Aug 1995, 20:01 UTC/);
  await page.keyboard.press("Shift+ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", /^3 Aug 1995, 20:11 UTC/);
  await page.keyboard.press("PageUp");
  await expect(slider).toHaveAttribute("aria-valuetext", /^3 Aug 1995, 20:21 UTC/);
  await page.keyboard.press("+");
  await expect(page.getByRole("button", { name: "Reset zoom" })).toBeVisible();
  await page.keyboard.press("0");
  await expect(page.getByRole("button", { name: "Reset zoom" })).toBeHidden();
  await page.keyboard.press("Escape");
  await expect(slider).toHaveAttribute("aria-valuetext", /No time selected/);
});

test("drag zooms, double click shows all again", async ({ page }) => {
  const box = await page.locator(".u-over").boundingBox();
  if (!box) throw new Error("no chart");
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, middle, { steps: 5 });
  await page.mouse.up();
  await expect(page.getByRole("button", { name: "Reset zoom" })).toBeVisible();
  await expect(page.getByText("3 Aug 1995, 21:29 – 22:29 UTC")).toBeVisible();
  await page.mouse.dblclick(box.x + box.width * 0.4, middle);
  await expect(page.getByRole("button", { name: "Reset zoom" })).toBeHidden();
});

test("legend, table and time zone", async ({ page }) => {
  const model = page.getByRole("button", { name: "LGBM", exact: true });
  await expect(model).toHaveAttribute("aria-pressed", "true");
  await model.click();
  await expect(model).toHaveAttribute("aria-pressed", "false");

  await page.getByRole("tab", { name: "1H" }).click();
  await page.getByRole("button", { name: "Table" }).click();
  const table = pointsTable(page);
  await expect(table.getByRole("row")).toHaveCount(1 + 60 + 5);
  await expect(table.getByRole("columnheader").first()).toHaveText("Time (UTC)");
  await expect(table.getByRole("rowheader").first()).toContainText("forecast");
  await page.getByRole("button", { name: "Local time" }).click();
  await expect(table.getByRole("columnheader").first()).not.toHaveText("Time (UTC)");
});

test("the errors come where room was kept for them, and nothing moves", async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/api/accuracy?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
  const errors = region(page, "Accuracy");
  await expect(errors.locator("[aria-busy=true]")).toBeVisible();
  const before = await placesOf(page);
  expect(before.length).toBeGreaterThan(4);
  release();
  await expect(errors.locator("[aria-busy=false]")).toBeVisible();
  await expect(errors.getByText(/windows scored/)).toBeVisible();
  expect(await placesOf(page)).toEqual(before);
});

test("a URL whose series is gone says so, and shows another", async ({ page }) => {
  await page.goto("/?range=6h&series=gone.csv");
  await expect(page.getByText(/gone\.csv.* is not stored\./)).toBeVisible();
  await expect(page).toHaveURL(/range=6h&series=three-days\.csv/);
  await expect(region(page, "Traffic and forecast")).toContainText("3 Aug 1995, 18:00");
});

test("delete asks and names the series", async ({ page }) => {
  await page.getByRole("button", { name: "Clear data" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this series?" });
  await expect(dialog).toContainText("three-days.csv");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(region(page, "Current rate")).toContainText("req/s");

  await page.getByRole("button", { name: "Clear data" }).click();
  await dialog.getByRole("button", { name: "Delete series" }).click();
  await expect(page.getByText(/three-days\.csv.* was deleted\./)).toBeVisible();
  await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
});
