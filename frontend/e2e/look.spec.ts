import type { Page } from "@playwright/test";
import axe from "axe-core";
import { chartSummary, expect, pointsTable, test, upload, uploadAndWait, uploadCard } from "./page";
import { threeDays } from "./traffic";

declare global {
  interface Window {
    axe: typeof axe;
  }
}

async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual(
    [],
  );
}

for (const theme of ["light", "dark"] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme, allowErrors: /status of 422/ });

    test("has no axe violation, empty, filled, asking, failing, as a table", async ({ page }) => {
      await page.goto("/");
      await expect(page.getByRole("button", { name: "Drop a traffic file" })).toContainText(".csv");
      await expectAccessible(page);

      await uploadAndWait(page, "three-days.csv", threeDays({ broken: true }));
      await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
      await uploadCard(page).getByText("How it was read").click();
      await expectAccessible(page);

      await page.getByRole("button", { name: "Clear data" }).click();
      await expectAccessible(page);
      await page.keyboard.press("Escape");

      await uploadCard(page).getByRole("button", { name: "Upload another file" }).click();
      await upload(page, "bad.csv", "name,colour\nx,red\n");
      await expect(page.getByRole("form", { name: "Read it another way" })).toBeVisible();
      await page.getByRole("switch", { name: "Auto-refresh" }).click();
      await page.getByRole("tab", { name: "1H" }).click();
      await page.getByRole("button", { name: "Table" }).click();
      await expect(pointsTable(page).getByRole("row")).toHaveCount(1 + 60 + 3);
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

test("draws without motion where that is asked for", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
