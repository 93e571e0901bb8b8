import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, region, test, uploadAndWait } from "./page";
import { threeDays } from "./traffic";

const panel = (page: Page) => region(page, "Simulation");
const crosshair = (page: Page) => page.getByRole("slider", { name: "Crosshair of the replicas chart" });
const worst = (page: Page) => panel(page).getByRole("button", { name: /requests short: / });
const point = (page: Page, policy: string) =>
  panel(page).getByRole("button", { name: new RegExp(`^${policy}: .* replica-hours`) });

/** Where something is, once it is on the screen below the page's header. */
async function placeOf(wanted: Locator) {
  await wanted.evaluate((element) => element.scrollIntoView({ block: "center" }));
  const box = await wanted.boundingBox();
  if (!box) throw new Error("It has no place.");
  return box;
}

const QUESTION = "What would it have cost and missed?";

/** A file is dropped, two figures typed, the answer read. */
async function ask(page: Page): Promise<void> {
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
  const form = panel(page).getByRole("form", { name: "First simulation" });
  await form.getByLabel("Rate of a replica, req/s").fill("0.2");
  await form.getByLabel("Lead, s").fill("120");
  // By the keyboard: what the page still learns of the file may move the button under a mouse that is down.
  await expect(form.getByRole("button", { name: QUESTION })).toBeEnabled();
  await form.getByLabel("Lead, s").press("Enter");
  await expect(panel(page).getByText(/you would have been short [\d,.]+ minutes?/)).toBeVisible();
}

test("a file and two figures give a sentence, a point shows its replicas, and a link the same", async ({
  page,
  context,
}) => {
  await ask(page);
  await expect(crosshair(page)).toBeVisible();
  const { x, y, width, height } = await placeOf(point(page, "HPA"));
  await page.mouse.click(x + width / 2, y + height / 2);
  await expect(panel(page).getByText("Worst moments of HPA", { exact: true })).toBeVisible();
  await panel(page).getByLabel("Policy beside it").selectOption("your policy");
  const times = (await crosshair(page).getAttribute("aria-valuemax")) ?? "";
  await worst(page).first().click();
  await expect(panel(page).getByRole("button", { name: "Whole span" })).toBeVisible();
  await expect(crosshair(page)).not.toHaveAttribute("aria-valuemax", times); // other times take the crosshair away
  await crosshair(page).focus();
  await page.keyboard.press("Home");
  await expect(crosshair(page)).toHaveAttribute(
    "aria-valuetext",
    /UTC: Needed .* HPA .*replicas?, your policy /,
  );
  const link = await panel(page).getByRole("link", { name: "CSV" }).getAttribute("href");
  expect(await (await page.request.get(link ?? "")).text()).toMatch(/^policy,label,/);

  const other = await context.newPage();
  await other.goto(page.url());
  await expect(panel(other).getByText("Worst moments of HPA", { exact: true })).toBeVisible();
  await expect(panel(other).getByRole("table", { name: "HPA and your policy side by side" })).toBeVisible();
  await other.close();

  await panel(page).getByRole("button", { name: "What if, and settings" }).click();
  await panel(page).getByLabel("All traffic (times)").fill("2");
  await panel(page).getByRole("button", { name: "Simulate again" }).click();
  await expect(panel(page).getByText("Not the traffic that came: all traffic times 2")).toBeVisible();

  await panel(page).getByText("What it rests on").click();
  await panel(page).getByRole("button", { name: "Run again with these" }).click();
  await expect(panel(page).getByLabel("Simulations of this series").locator("option")).toHaveCount(3);
  await expect(panel(page).getByText("Not the traffic that came: all traffic times 2")).toBeVisible();
  await panel(page).getByRole("button", { name: "Use this policy" }).click();
  await expect(panel(page).getByText("Saved as policy 1, mode advise.")).toBeVisible();
  await expect(region(page, "Capacity").getByRole("radio", { name: "Advise" })).toBeChecked();
});

for (const theme of ["light", "dark"] as const) {
  test(`the answer is accessible, and fits 360 pixels, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: 360, height: 740 });
    await ask(page);
    await panel(page).getByRole("button", { name: "What if, and settings" }).click();
    await panel(page)
      .getByText(/^Policies replayed: all/)
      .click();
    await panel(page).getByLabel("Policy beside it").selectOption("HPA");
    await panel(page).getByText("What it rests on").click();
    await point(page, "oracle").focus();
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.emulateMedia({ colorScheme: theme, forcedColors: "active" });
    await expectAccessible(page);

    const report = await panel(page)
      .getByRole("link", { name: "Report (HTML)" })
      .evaluate((link: HTMLAnchorElement) => link.href);
    await page.emulateMedia({ colorScheme: theme, forcedColors: "none" });
    const text = await (await page.request.get(report)).text();
    await page.goto("about:blank");
    await page.setContent(text);
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    // On paper it is light and its table whole, whatever the screen is.
    await page.emulateMedia({ media: "print", colorScheme: theme });
    await expect(page.locator("circle.forecast").first()).toHaveCSS("fill", "rgb(22, 104, 199)");
    await expect(page.getByRole("region", { name: "Every policy" })).toHaveCSS("break-inside", "avoid");
    await expect(page.getByRole("region", { name: "Every policy" })).toHaveCSS("overflow-x", "visible");
  });
}
