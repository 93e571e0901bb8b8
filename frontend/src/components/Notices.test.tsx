import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ProblemError, UnreachableError } from "@/api/errors";
import { Notices } from "./Notices";

function show(change: Partial<Parameters<typeof Notices>[0]> = {}) {
  const onDismiss = vi.fn();
  render(
    <Notices
      connection={{ state: "live" }}
      failure={null}
      storeReachable
      showsData
      silence={null}
      failingQueries={[]}
      notice={null}
      onDismiss={onDismiss}
      {...change}
    />,
  );
  return onDismiss;
}

it("is silent while all is well", () => {
  show();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

it.each([
  [{ connection: { state: "offline" as const } }, "The backend cannot be reached."],
  [{ failure: new UnreachableError() }, "The backend cannot be reached."],
  [{ connection: { state: "reconnecting" as const } }, "Live updates are interrupted."],
  [
    { connection: { state: "refused" as const, reason: "Too many." } },
    "Live updates were refused. Too many.",
  ],
  [{ storeReachable: false }, "The store cannot be reached."],
  [{ failure: new ProblemError(503, "Busy", "Come back later.") }, "Busy. Come back later."],
])("says what is wrong: %o", (change, words) => {
  show(change);
  expect(screen.getByRole("alert")).toHaveTextContent(words);
});

it("says which series Prometheus has no value for, and why", () => {
  show({ failingQueries: [{ filename: "shop", problem: "The query gives 2 series. Sum them." }] });
  expect(screen.getByRole("alert")).toHaveTextContent(
    "No value from Prometheus for shop. The query gives 2 series. Sum them.",
  );
});

it("shows a notice until it is dismissed", async () => {
  const onDismiss = show({ notice: "The replay has ended." });
  expect(screen.getByText("The replay has ended.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(onDismiss).toHaveBeenCalledOnce();
});

it("says for how long a feed has been silent", () => {
  show({ silence: { seconds: 200.7, lastWindow: "31 Aug 1995, 22:00 UTC" } });
  expect(screen.getByRole("alert")).toHaveTextContent(
    /fell silent.*3.min 20.s; its last window is that of 31 Aug 1995, 22:00 UTC.*unknown since, not zero/,
  );
});

it("does not blame the feed while the store cannot be reached", () => {
  show({ silence: { seconds: 200, lastWindow: "31 Aug 1995, 22:00 UTC" }, storeReachable: false });
  expect(screen.getByRole("alert")).not.toHaveTextContent("silent");
});
