import { expect, horizonsOf, region, test, upload, uploadAndWait, uploadCard, uploadedFiles } from "./page";
import { threeDays } from "./traffic";

test("first visit: says what it takes, and one click shows sample traffic labelled synthetic", async ({
  page,
}) => {
  await page.goto("/");
  const longest = Math.max(...(await horizonsOf(page)));
  await expect(
    page.getByRole("heading", { name: `See the next ${longest} minutes of your traffic` }),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: "Drop a traffic file" })).toContainText(".parquet");
  await page.getByRole("button", { name: "Load sample traffic" }).click();
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
  await expect(uploadCard(page).getByText("synthetic", { exact: true })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Series" })).toHaveText(/\(synthetic\)/);
  await expect(region(page, "Current rate")).toContainText("req/s");
  await expect(region(page, /Forecast in 15.min/)).toContainText("p10–p90");
  await expect(region(page, "Accuracy")).toContainText(/15.min ahead.*better.*vs last value/);
});

test("a file's answer: rows, drops with their reasons, windows, gaps, span", async ({ page }) => {
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays({ broken: true }));
  const card = uploadCard(page);
  await expect(card).toContainText("Rows read4,142");
  await expect(card).toContainText("Rows dropped2");
  await expect(card).toContainText(/Windows4,320 of 1.min, 180 unknown/);
  await expect(card).toContainText("1 Aug 1995, 00:00 – 4 Aug 1995, 00:00 UTC");
  await card.getByText("How it was read", { exact: true }).click();
  await expect(card.getByText(/not a time: 1.row/)).toBeVisible();
  await expect(card.getByText(/negative: 1.row/)).toBeVisible();
  await expect(page).toHaveURL(/series=three-days\.csv/);
});

test("the same file twice is stored once, and the second time that is said", async ({ page, request }) => {
  await page.goto("/");
  await uploadAndWait(page, "three-days.csv", threeDays());
  await uploadAndWait(page, "three-days.csv", threeDays());
  await expect(uploadCard(page)).toContainText("Already stored on");
  const stored = await (await request.get("/api/series")).json();
  expect(stored).toHaveLength(1);
});

test("a file is uploaded by keyboard alone", async ({ page }) => {
  // Before anything else: asked for just before the key, the browser at times opened its own dialog first.
  const chooser = page.waitForEvent("filechooser");
  await page.goto("/");
  const zone = page.getByRole("button", { name: "Drop a traffic file" });
  await expect(zone).toContainText(".csv");
  for (
    let tabs = 0;
    tabs < 10 && !(await zone.evaluate((node) => node === document.activeElement));
    tabs += 1
  )
    await page.keyboard.press("Tab");
  await expect(zone).toBeFocused();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles({
    name: "keys.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(threeDays({ minutes: 600 })),
  });
  await expect(uploadCard(page).getByText("stored", { exact: true })).toBeVisible();
});

test("several files dropped anywhere are queued, and stored one after another", async ({ page, request }) => {
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Drop a traffic file" })).toBeVisible();
  const transfer = await page.evaluateHandle(
    (content) => {
      const data = new DataTransfer();
      for (const name of ["first.csv", "second.csv"]) data.items.add(new File([content], name));
      return data;
    },
    threeDays({ minutes: 600 }),
  );
  const heading = page.getByRole("heading", { name: "ScaleOps" });
  await heading.dispatchEvent("dragenter", { dataTransfer: transfer });
  await expect(page.getByText("Drop to upload")).toBeVisible();
  await heading.dispatchEvent("drop", { dataTransfer: transfer });
  const second = uploadedFiles(page).getByRole("listitem").filter({ hasText: "second.csv" });
  await expect(second).toContainText("queued");
  await expect(second).toContainText("stored");
  const stored: { filename: string }[] = await (await request.get("/api/series")).json();
  expect(stored.map(({ filename }) => filename).sort()).toEqual(["first.csv", "second.csv"]);
  await expect(page).toHaveURL(/series=first\.csv/);
});

test.describe("refused files", () => {
  test.use({ allowErrors: /status of 4(13|15|22)/ });

  test("the server's own words, and how else the file may be read", async ({ page, request }) => {
    await page.goto("/");
    const rows = threeDays({ minutes: 600 }).split("\n").slice(1, -1);
    const timeless = rows.map((row, place) => `around ${place},${row.split(",")[1]}`);
    await upload(page, "no-times.csv", ["made,count", ...timeless].join("\n"));
    const alert = uploadCard(page).getByRole("alert");
    await expect(alert).toContainText("Unusable file");
    await expect(alert).toContainText("Nothing was stored.");
    await uploadedFiles(page).getByRole("button", { name: "Say how to read it" }).click();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Unusable file");
    await page.keyboard.press("Escape");
    expect(await (await request.get("/api/series")).json()).toEqual([]);
  });

  test("what is no traffic file at all", async ({ page, request }) => {
    await page.goto("/");
    await upload(page, "picture.csv", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR");
    await expect(uploadCard(page).getByRole("alert")).toContainText("Nothing was stored.");
    expect(await (await request.get("/api/series")).json()).toEqual([]);
  });
});

test("an upload is cancelled", async ({ page, request }) => {
  await page.goto("/");
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 40_000,
  });
  await upload(page, "slow.csv", threeDays());
  await expect(page.getByRole("progressbar", { name: "Sending" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(uploadCard(page).getByText("was cancelled.")).toBeVisible();
  expect(await (await request.get("/api/series")).json()).toEqual([]);
});

for (const name of [
  "<img src=x onerror=alert(1)>.csv",
  "‮gnp.tset.csv",
  `${"long-name-".repeat(30)}.csv`,
  "quo\"te's, a=b & c#d%.csv",
]) {
  test(`a hostile file name is shown as text: ${name.slice(0, 30)}`, async ({ page }) => {
    await page.goto("/");
    await uploadAndWait(page, name, threeDays({ minutes: 600 }));
    await expect(page.locator("img")).toHaveCount(0);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(1440);
    await page.reload();
    await expect(region(page, "Current rate")).toContainText("req/s");
    await page.getByRole("button", { name: "Clear data" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.locator("bdi")).not.toBeEmpty();
    await dialog.getByRole("button", { name: "Delete series" }).click();
    await expect(page.getByRole("button", { name: "Load sample traffic" })).toBeVisible();
  });
}
