import { test as base, type ConsoleMessage, expect, type Locator, type Page } from "@playwright/test";
import axe from "axe-core";
import { Backend } from "./backend";

declare global {
  interface Window {
    axe: typeof axe;
    reportViolation: (text: string) => void;
  }
}

export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)).toEqual(
    [],
  );
}

interface Fixtures {
  /** Console errors that the test provokes, such as the browser's own line about a 422. */
  allowErrors: RegExp;
  quietPage: undefined;
  emptyStore: undefined;
}

/** Every test starts with an empty store, and fails on any console error or breach of the CSP. */
export const test = base.extend<Fixtures, { shared: Backend }>({
  allowErrors: [/(?!)/, { option: true }],

  /** One backend serves the tests of a worker, which run one after another: replays are one at a time. */
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants to see what a fixture uses
    async ({}, use) => {
      const backend = new Backend();
      await backend.start();
      await use(backend);
      await backend.stop();
    },
    { scope: "worker" },
  ],

  baseURL: ({ shared }, use) => use(shared.address),

  emptyStore: [
    async ({ request }, use) => {
      await request.delete("/api/replay");
      const stored: { filename: string }[] = await (await request.get("/api/series")).json();
      for (const { filename } of stored) await request.delete(`/api/series/${encodeURIComponent(filename)}`);
      await use(undefined);
    },
    { auto: true },
  ],

  quietPage: [
    async ({ page, allowErrors }, use) => {
      const complaints: string[] = [];
      const complain = (text: string) => {
        if (!allowErrors.test(text)) complaints.push(text);
      };
      page.on("pageerror", (error) => complain(`uncaught: ${error.message}`));
      page.on("console", (message: ConsoleMessage) => {
        if (["error", "warning"].includes(message.type())) complain(message.text());
      });
      page.on("dialog", (dialog) => complain(`dialog: ${dialog.message()}`));
      await page.exposeFunction("reportViolation", (text: string) => complain(`CSP: ${text}`));
      await page.addInitScript(() =>
        document.addEventListener("securitypolicyviolation", (event) =>
          window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`),
        ),
      );
      await use(undefined);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

export const region = (page: Page, name: string | RegExp): Locator => page.getByRole("region", { name });
export const uploadCard = (page: Page): Locator => region(page, "Upload traffic");
/** Those on the card; further down it lists imports of earlier visits, and other tests'. */
export const uploadedFiles = (page: Page): Locator => uploadCard(page).getByRole("list", { name: "Files" });
/** What a file is asked about, with a button for each answer; its first rows are a group, too. */
export const questionOf = (page: Page): Locator =>
  uploadCard(page)
    .getByRole("group")
    .filter({ has: page.getByRole("button") });
export const chartSummary = (page: Page): Locator => page.getByTestId("chart-summary");
/** The points of the chart as a table, where that is asked for. */
export const pointsTable = (page: Page): Locator =>
  page.getByRole("table", { name: /^Request rate and forecasts/ });
export const crosshair = (page: Page): Locator =>
  page.getByRole("slider", { name: "Crosshair of the request rate chart" });

/** How many windows ahead the page's server forecasts. */
export async function horizonsOf(page: Page): Promise<number[]> {
  const limits = await page.request.get(new URL("/api/limits", page.url()).href);
  return (await limits.json()).horizons;
}

/** Where every region of the page is, in CSS pixels. */
export const placesOf = (page: Page): Promise<string[]> =>
  page.getByRole("region").evaluateAll((regions) =>
    regions.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return `${element.getAttribute("aria-label") ?? element.id}: ${[x, y, width, height].map(Math.round)}`;
    }),
  );

export async function upload(page: Page, name: string, content: string): Promise<void> {
  await page
    .getByLabel("Traffic file", { exact: true })
    .setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
}

/** Upload a file and wait for the server's answer. */
export async function uploadAndWait(page: Page, name: string, content: string): Promise<void> {
  // What was stored before is off the card once the next file is on its way.
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/api/upload"));
  await upload(page, name, content);
  await answered;
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
}

/** The times of the windows that are over, read from the table. */
export async function tableTimes(page: Page): Promise<string[]> {
  const cells = await pointsTable(page).getByRole("rowheader").allTextContents();
  return cells.filter((text) => !text.includes("forecast")).map((text) => text.replace(/ anomaly:.*$/, ""));
}
