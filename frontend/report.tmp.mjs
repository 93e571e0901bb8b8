import { chromium } from "@playwright/test";
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [scheme, width] of [["light", 1200], ["dark", 1200], ["light", 360], ["dark", 360]]) {
  const p = await b.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  await p.goto("file://" + process.argv[2]);
  await p.screenshot({ path: `/tmp/s/simulate3/report-${scheme}-${width}.png`, fullPage: true });
  console.log(scheme, width, await p.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]));
  if (width === 1200) {
    await p.pdf({ path: `/tmp/s/simulate3/report-${scheme}.pdf`, format: "A4" });
  }
  await p.close();
}
await b.close();
