import type { Page } from "@playwright/test";
import {
  chartSummary,
  crosshair,
  expect,
  pointsTable,
  region,
  tableTimes,
  test,
  uploadAndWait,
} from "./page";
import { threeDays } from "./traffic";

/** A replay of a stored series, from its beginning, shown as a table. */
async function startReplay(page: Page, speed: string): Promise<void> {
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
  const form = page.getByRole("form", { name: "Replay" });
  await expect(form.getByRole("combobox", { name: "Replay from" })).toHaveValue("day");
  await form.getByRole("combobox", { name: "Speed" }).selectOption(speed);
  await form.getByRole("button", { name: "Replay as live" }).click();
  await expect(page).toHaveURL(/range=live&series=replay/);
  await expect(page.getByRole("combobox", { name: "Series" })).toHaveValue("replay of three-days.csv");
}

const newestTime = async (page: Page) => (await tableTimes(page))[0] ?? "";

test("a replay moves, with the forecast ahead of it, until it is stopped", async ({ page }) => {
  await startReplay(page, "2");
  await expect(chartSummary(page)).toContainText(/Forecast of LGBM\+: .* in 15.min/);
  await expect(region(page, /Forecast in 15.min/)).toContainText("vs now");
  await expect(page.getByText("at 3 Aug 1995, 00:").first()).toBeVisible();
  const before = await chartSummary(page).textContent();
  await expect(chartSummary(page)).not.toHaveText(before ?? "");

  await page.getByRole("button", { name: "Stop replay" }).click();
  await expect(page.getByText(/The replay of .*three-days\.csv.* has ended\./)).toBeVisible();
  await expect(page).toHaveURL(/series=three-days\.csv/);
  await expect(page.getByRole("form", { name: "Replay" })).toBeVisible();
});

test("freezing holds the chart, and what arrives meanwhile is not lost", async ({ page }) => {
  // A window a second: none of those that were held leaves the chart, which has 240, before the test times out.
  await startReplay(page, "1");
  await page.getByRole("button", { name: "Table" }).click();
  await expect(pointsTable(page).getByRole("rowheader").nth(8)).toBeVisible();

  await page.getByRole("switch", { name: "Auto-refresh" }).click();
  const refresh = (windows: RegExp) => page.getByRole("button", { name: windows });
  await expect(refresh(/Refresh \(\d+ new windows?\)/)).toBeVisible();
  const held = await tableTimes(page);
  await expect(refresh(/Refresh \(([3-9]|\d{2,}) new windows\)/)).toBeVisible();
  expect(await tableTimes(page)).toEqual(held);

  await refresh(/Refresh/).click();
  await expect.poll(() => newestTime(page)).not.toBe(held[0]);
  const refreshed = await tableTimes(page);
  expect(refreshed).toContain(held[0]);
  // As many of the old windows leave as new ones came.
  const arrived = refreshed.indexOf(held[0] ?? "");
  expect(arrived).toBeGreaterThanOrEqual(3);
  expect(refreshed.slice(arrived)).toEqual(held.slice(0, refreshed.length - arrived));

  await page.getByRole("switch", { name: "Auto-refresh" }).click();
  await expect.poll(() => newestTime(page)).not.toBe(refreshed[0]);
  const all = await tableTimes(page);
  const minutes = all.map((time) => Date.parse(`${time.replace(",", "")} UTC`) / 60_000);
  for (const [index, minute] of minutes.slice(1).entries()) expect(minutes[index]).toBe(minute + 1);
});

test("nothing moves under a resting mouse or a keyboard crosshair", async ({ page }) => {
  await startReplay(page, "5");
  const rate = region(page, "Current rate");
  const passWindows = async () => {
    for (let window = 0; window < 3; window += 1) {
      const before = (await rate.textContent()) ?? "";
      await expect(rate).not.toHaveText(before);
    }
  };
  await page.locator(".u-over").hover({ position: { x: 400, y: 90 } });
  const tooltip = page.getByText(/^\d Aug 1995, .*UTC$/).and(page.locator("[aria-hidden] p"));
  const pointedAt = (await tooltip.textContent()) ?? "";
  await passWindows();
  await expect(tooltip).toHaveText(pointedAt);
  await page.getByRole("banner").hover();
  await expect(tooltip).toHaveCount(0);

  await crosshair(page).focus();
  await page.keyboard.press("ArrowLeft");
  const spoken = (await crosshair(page).getAttribute("aria-valuetext")) ?? "";
  await passWindows();
  await expect(crosshair(page)).toHaveAttribute("aria-valuetext", spoken);
  const held = (await chartSummary(page).textContent()) ?? "";
  await page.keyboard.press("Escape");
  await expect(chartSummary(page)).not.toHaveText(held);
});

test.describe("the end of a replay", () => {
  // Its series is deleted at a moment of the server's own: a request may just cross that.
  test.use({ allowErrors: /status of 404/ });

  test("a replay that ends returns the page to what it played", async ({ page }) => {
    await page.goto("/");
    await uploadAndWait(page, "short.csv", threeDays({ minutes: 12 }));
    const form = page.getByRole("form", { name: "Replay" });
    await expect(form.getByRole("combobox", { name: "Replay from" })).toHaveValue("beginning");
    await form.getByRole("combobox", { name: "Speed" }).selectOption("20");
    await form.getByRole("button", { name: "Replay as live" }).click();
    await expect(page.getByText(/The replay of .*short\.csv.* has ended\./)).toBeVisible();
    await expect(page).toHaveURL(/series=short\.csv/);
  });
});

test("tabs of a replay follow it", async ({ page }) => {
  await startReplay(page, "5");
  await page.getByRole("tab", { name: "1H" }).click();
  const before = await chartSummary(page).textContent();
  await expect(chartSummary(page)).not.toHaveText(before ?? "");
});
