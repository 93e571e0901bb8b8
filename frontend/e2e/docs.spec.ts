import { expect, test } from "./page";

test("the API document is shown to people, with everything it loads from here", async ({ page, baseURL }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  await page.goto("/docs");
  await page.getByText("/api/forecast/past").click();
  await expect(page.getByRole("cell", { name: /^Not found/ }).first()).toBeVisible();
  expect(loaded.filter((url) => !url.startsWith(`${baseURL}/`) && !url.startsWith("data:"))).toEqual([]);
});
