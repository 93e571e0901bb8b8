import type { WebSocketRoute } from "@playwright/test";
import { chartSummary, expect, region, test, uploadAndWait } from "./page";
import { threeDays } from "./traffic";

const BLOCKS: Record<string, (socket: WebSocketRoute) => void> = {
  "closed at once": (socket) => void socket.close({ code: 1011 }),
  "open and mute": () => {},
};

for (const [how, block] of Object.entries(BLOCKS)) {
  test(`where every WebSocket is ${how}, the page asks over HTTP until one gets through`, async ({
    page,
  }) => {
    let blocked = true;
    await page.routeWebSocket(/ws\/live/, (socket) => {
      if (blocked) block(socket);
      else socket.connectToServer();
    });
    await page.goto("/");
    await uploadAndWait(page, "three-days.csv", threeDays());
    const notice = page.getByRole("alert");
    await expect(notice).toContainText(/Live updates are blocked; refreshing every 5.s/);
    await expect(chartSummary(page)).toContainText("from 3 Aug 1995, 20:00 – 4 Aug 1995, 00:00 UTC");
    await expect(region(page, "Current rate")).toContainText("req/s");
    await expect(region(page, /Forecast in 15.min/)).toContainText("p10–p90");
    await expect(page.getByText("Ends on 3 Aug 1995")).toBeVisible();

    blocked = false;
    await expect(notice).toHaveCount(0);
    await expect(page.getByText("Ends on 3 Aug 1995")).toBeVisible();
  });
}
