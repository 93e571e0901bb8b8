import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderPage } from "@/test/render";
import { ConnectionPill } from "./ConnectionPill";

const NOW = Date.now() / 1000;

it.each([
  ["live", "Live"],
  ["connecting", "Connecting"],
  ["reconnecting", "Reconnecting"],
  ["offline", "Offline"],
] as const)("says %s as %s", (state, label) => {
  renderPage(<ConnectionPill connection={{ state }} newest={null} replaying={false} />);
  expect(screen.getByRole("status")).toHaveTextContent(label);
});

it("tells the age of the newest window", () => {
  renderPage(<ConnectionPill connection={{ state: "live" }} newest={NOW - 185} replaying={false} />);
  expect(screen.getByText(/3.min ago/)).toBeVisible();
});

it("tells the data's own time during a replay", () => {
  const newest = Date.UTC(1995, 7, 31, 22, 15) / 1000;
  renderPage(<ConnectionPill connection={{ state: "live" }} newest={newest} replaying />);
  expect(screen.getByText("at 31 Aug 1995, 22:15")).toBeVisible();
});
