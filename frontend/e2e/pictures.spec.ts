// The pictures of README and docs: `make pictures`. They are of NASA's traffic, by the model and the page of now.
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { chartSummary, expect, region, test, uploadedFiles } from "./page";

const TRACES = process.env.TRACES ?? "../../shared/data";
const MARGIN = 10;
const picture = (name: string) => join("../docs", name);
const capacity = (page: Page) => region(page, "Capacity");

test.beforeEach(async ({ page }) => {
  await page.goto("/");
  await page
    .getByLabel("Traffic file", { exact: true })
    .setInputFiles(join(TRACES, "nasa_http_1995_jul01_aug22_per_minute.csv.gz"));
  await expect(uploadedFiles(page).getByText("stored", { exact: true })).toBeVisible();
  await expect(chartSummary(page)).toContainText("Forecast of LGBM+");
  const form = capacity(page).getByRole("form", { name: "First policy" });
  await form.getByLabel("Rate of a replica, req/s").fill("0.25");
  await form.getByLabel("Lead, s").fill("180");
  await form.getByRole("button", { name: "Show replicas" }).click();
  await capacity(page).getByRole("button", { name: "Save policy" }).click();
  await expect(capacity(page).getByText("not saved")).toHaveCount(0);
});

test("the page, and the plan for its last hour", async ({ page }) => {
  await page.reload(); // the report of the file gives way to the accuracy
  await expect(chartSummary(page)).toContainText(/Planned: \d/);
  await expect(region(page, "Accuracy").getByText("1,440 windows scored")).toBeVisible();
  await page.screenshot({ path: picture("screenshot.png") });

  await page.getByRole("tab", { name: "1H" }).click();
  await capacity(page).getByRole("textbox", { name: "Replicas that run" }).fill("2");
  await expect(capacity(page).getByText("An HPA goes from 2 to", { exact: false })).toBeVisible();
  const [chart, plan] = [region(page, "Traffic and forecast"), capacity(page).getByText(/This series ended/)];
  await page.setViewportSize({ width: 1440, height: 2400 });
  const [top, bottom] = [await chart.boundingBox(), await plan.boundingBox()];
  if (!top || !bottom) throw new Error("There is no chart or no plan.");
  const clip = {
    x: top.x - MARGIN,
    y: top.y - MARGIN,
    width: top.width + 2 * MARGIN,
    height: bottom.y + bottom.height - top.y + 2 * MARGIN,
  };
  await page.screenshot({ path: picture("capacity.png"), clip });
});

test("a simulation of its last week", async ({ page }) => {
  await capacity(page).getByRole("textbox", { name: "Lead" }).fill("120");
  await capacity(page).getByRole("button", { name: "Save policy" }).click();
  await expect(capacity(page).getByText("not saved")).toHaveCount(0);
  const panel = region(page, "Simulation");
  await panel.getByRole("button", { name: "What would it have cost and missed?" }).click();
  await expect(panel.getByText(/you would have been short [\d,.]+ minutes?/)).toBeVisible();
  await panel.getByLabel("Policy beside it").selectOption("HPA");
  await page.setViewportSize({ width: 1440, height: 4000 });
  await expect(page.getByRole("slider", { name: "Crosshair of the replicas chart" })).toBeVisible();
  const box = await panel.boundingBox();
  if (!box) throw new Error("There is no simulation.");
  await page.screenshot({ path: picture("simulation.png"), clip: { ...box, height: 1500 } });
});
