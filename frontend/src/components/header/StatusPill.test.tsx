import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { LiveStatus } from "@/api/types";
import { points, status } from "@/test/fixtures";
import { renderPage } from "@/test/render";
import { StatusPill } from "./StatusPill";

function show(change: Partial<LiveStatus>, beside: Partial<Parameters<typeof StatusPill>[0]> = {}): string {
  const live = {
    filename: "web",
    windowSeconds: 60,
    points: points(0, 1),
    forecast: null,
    status: status(change),
  };
  renderPage(
    <StatusPill connection={{ state: "live" }} live={live} replaying={false} frozen={false} {...beside} />,
  );
  return screen.getByRole("status").parentElement?.textContent?.replaceAll("\u00a0", " ") ?? "";
}

it.each([
  ["connecting", "Connecting"],
  ["reconnecting", "Reconnecting"],
  ["offline", "Offline"],
] as const)("says %s as %s, whatever is known of the series", (state, label) => {
  expect(show({}, { connection: { state } })).toBe(label);
});

it("calls live only what is, and tells the age of its newest window", () => {
  const newest = new Date(Date.now() - 245_000).toISOString();
  expect(show({ newest })).toMatch(/^Livenewest 3 min ago$/);
});

it("says the same of a series that is asked for over HTTP", () => {
  expect(show({}, { connection: { state: "polling", refusal: null } })).toMatch(/^Live/);
});

it("says for how long a feed has been silent", () => {
  expect(show({ status: "stale", silent_seconds: 31 })).toBe("Silentfor 31 s");
});

it("says on which day a file ends", () => {
  expect(show({ status: "historic" })).toBe("Ends on 31 Aug 1995");
});

it("tells the data's own time during a replay", () => {
  expect(show({}, { replaying: true })).toBe("Replayat 31 Aug 1995, 22:01");
});

it("does not call a paused page live", () => {
  expect(show({}, { frozen: true })).toMatch(/^Pausednewest/);
});

it("says that nothing is stored yet", () => {
  expect(show({ filename: null, status: null, newest: null })).toBe("Nothing stored yet");
});
