import {
  chartSummary,
  expect,
  expectAccessible,
  pointsTable,
  questionOf,
  test,
  upload,
  uploadAndWait,
  uploadCard,
  uploadedFiles,
} from "./page";
import { countsOf, threeDays } from "./traffic";

for (const theme of ["light", "dark"] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme, allowErrors: /status of 422/ });

    test("has no axe violation, empty, filled, asking, failing, as a table", async ({ page }) => {
      await page.goto("/");
      await expect(page.getByRole("button", { name: "Drop a traffic file" })).toContainText(".csv");
      await expectAccessible(page);

      await uploadAndWait(page, "three-days.csv", threeDays({ broken: true }));
      await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
      await uploadCard(page).getByText("How it was read", { exact: true }).click();
      await expectAccessible(page);

      await page.getByRole("button", { name: "Clear data" }).click();
      await expectAccessible(page);
      await page.keyboard.press("Escape");

      await upload(page, "bad.csv", "name,colour\nx,red\n");
      await uploadedFiles(page).getByRole("button", { name: "Say how to read it" }).click();
      await expect(page.getByRole("dialog").getByRole("alert")).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");

      await upload(page, "counts.csv", countsOf("value"));
      await expect(questionOf(page)).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("switch", { name: "Auto-refresh" }).click();
      await page.getByRole("tab", { name: "1H" }).click();
      await page.getByRole("button", { name: "Table" }).click();
      await expect(pointsTable(page).getByRole("row")).toHaveCount(1 + 60 + 5);
      await expectAccessible(page);
    });
  });
}

test("the theme follows the system until one is chosen, and is kept", async ({ page }) => {
  const canvas = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  const light = await canvas();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await canvas();
  expect(dark).not.toBe(light);
  await page.getByRole("button", { name: "Use the light theme" }).click();
  expect(await canvas()).toBe(light);
  await page.reload();
  expect(await canvas()).toBe(light);
});

test("is usable at 360 pixels", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/");
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect(page.getByRole("button", { name: "Drop a traffic file" })).toBeVisible();
  expect(await width()).toBe(360);
  await uploadAndWait(page, `${"a-very-long-name-".repeat(5)}.csv`, threeDays());
  await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
  expect(await width()).toBe(360);
  await page.getByRole("tab", { name: "24H" }).click();
  await expect(chartSummary(page)).toContainText("from 3 Aug 1995, 00:00");
  await page.getByRole("button", { name: "Table" }).click();
  await expect(pointsTable(page)).toBeVisible();
  expect(await width()).toBe(360);
  await page.getByRole("button", { name: "Clear data" }).click();
  await expect(page.getByRole("button", { name: "Delete series" })).toBeInViewport();
});

test("the tooltip is whole at 360 pixels, wherever it is asked for", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
  const plot = page.locator(".u-over");
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  if (!box) throw new Error("no chart");
  for (let share = 0.02; share < 1; share += 0.06) {
    await page.mouse.move(box.x + box.width * share, box.y + 40);
    const tooltip = page.locator("[aria-hidden].shadow-lg");
    await expect(tooltip).toBeVisible();
    const { x, width } = (await tooltip.boundingBox()) ?? { x: -1, width: 0 };
    expect(x, `at ${share}`).toBeGreaterThanOrEqual(0);
    expect(x + width, `at ${share}`).toBeLessThanOrEqual(360);
  }
});

test("forced colours leave tab and switch to be told, and lines and bands apart", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
  const background = (name: string) =>
    page.getByRole("tab", { name }).evaluate((tab) => getComputedStyle(tab).backgroundColor);
  expect(await background("Live")).not.toBe(await background("1H"));
  const autoRefresh = page.getByRole("switch", { name: "Auto-refresh" });
  const ground = () => autoRefresh.evaluate((track) => getComputedStyle(track).backgroundColor);
  const on = await ground();
  await autoRefresh.click();
  await expect.poll(ground).not.toBe(on);
  const colours = () =>
    page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      copy?.drawImage(canvas, 0, 0);
      const { data } = copy?.getImageData(0, 0, width, height) ?? { data: [] };
      const counts = new Map<string, number>();
      for (let place = 0; place < data.length; place += 4) {
        const colour = `${data[place]} ${data[place + 1]} ${data[place + 2]} ${data[place + 3]}`;
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
      }
      return [...counts].flatMap(([colour, count]) => (count > 200 ? [colour] : [])).sort();
    });
  // Ground, band, actual, a model, the time to come.
  await expect.poll(async () => (await colours()).length).toBeGreaterThanOrEqual(5);
  const forced = await colours();
  await page.emulateMedia({ forcedColors: "none" });
  await expect.poll(colours).not.toEqual(forced);
});

test("draws without motion where that is asked for", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
