import { Backend, startSending, WINDOWS_OF_A_SECOND } from "./backend";
import { chartSummary, crosshair, expect, horizonsOf, region, test } from "./page";

let backend: Backend;
let sender: NodeJS.Timeout | undefined;

test.beforeEach(async () => {
  backend = new Backend(WINDOWS_OF_A_SECOND);
  await backend.start();
});

test.afterEach(async ({ page }) => {
  clearInterval(sender);
  await page.goto("about:blank"); // a page that is left open would complain of the backend that ends
  await backend.stop();
});

test("a feed moves the page, falls silent, and is found again", async ({ page }) => {
  await page.goto(backend.address);
  sender = startSending(backend);
  await expect(chartSummary(page)).toContainText("The open window so far:");
  await expect(page.getByText("open window so far", { exact: true })).toBeVisible();
  await expect(region(page, "Current rate")).toContainText(/open window: .* after [01].s/);
  await expect(page.getByRole("combobox", { name: "Series" })).toHaveValue("web");
  await expect(page.getByText("Live", { exact: true })).toHaveCount(2); // the tab, and the status of the series

  const span = (await chartSummary(page).textContent()) ?? "";
  await expect(chartSummary(page)).not.toContainText(span.slice(0, span.indexOf("Newest")));

  await expect(region(page, /Forecast in 1.s/).getByText("LGBM+")).toBeVisible();
  const accuracy = region(page, "Accuracy");
  await expect(accuracy).toContainText("each forecast as it was issued");
  await expect(accuracy).toContainText("Too few windows yet");
  await expect(accuracy.getByRole("term")).toHaveCount((await horizonsOf(page)).length);
  await expect(accuracy.getByRole("term").first()).toHaveText(/^1.s ahead/);

  await page
    .getByRole("combobox", { name: "Past forecasts" })
    .selectOption({ label: "Forecast 5 s earlier" });
  // The chart holds still under the crosshair, so it is asked for anew until the past forecasts have come.
  await expect(async () => {
    await crosshair(page).blur();
    await crosshair(page).focus();
    await page.keyboard.press("ArrowLeft");
    const text = await crosshair(page).getAttribute("aria-valuetext");
    expect(text).toMatch(/actual .*, forecast 5.s earlier /);
  }).toPass();
  await crosshair(page).blur(); // the chart moves on

  clearInterval(sender);
  const notice = page.getByRole("alert");
  await expect(notice).toContainText(/This feed is silent\. No data for \d+.s/);
  await expect(region(page, /Forecast in 1.s/)).toContainText("stale");
  const text = await notice.textContent();
  await expect(notice).not.toHaveText(text ?? "");
  await expect(page.getByText("Silent", { exact: true })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toHaveCount(1); // the tab
  await expect(region(page, /Forecast in 15.s/)).not.toContainText("vs now");
  await expect(chartSummary(page)).toContainText("Unknown for");

  sender = startSending(backend);
  await expect(notice).toHaveCount(0);
  await expect(chartSummary(page)).toContainText("Unknown for");
});
