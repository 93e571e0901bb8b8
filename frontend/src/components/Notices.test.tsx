import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ProblemError, UnreachableError } from "@/api/errors";
import { series } from "@/test/fixtures";
import { renderPage } from "@/test/render";
import { Notices } from "./Notices";

function show(change: Partial<Parameters<typeof Notices>[0]> = {}) {
  const onDismiss = vi.fn();
  renderPage(
    <Notices
      connection={{ state: "live" }}
      failure={null}
      storeReachable
      showsData
      silence={null}
      series={series()}
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
  [
    { connection: { state: "polling" as const, refusal: null } },
    /^Live updates are blocked; refreshing every 5.s\./,
  ],
  [
    { connection: { state: "polling" as const, refusal: "Too many." } },
    /^Live updates are refused; refreshing every 5.s\. Too many\./,
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

const SILENCE = { seconds: 200.7, newest: Date.UTC(1995, 7, 31, 22) / 1000, windowSeconds: 60 };

it("says for how long a feed has been silent", () => {
  show({ silence: SILENCE });
  expect(screen.getByRole("alert")).toHaveTextContent(
    /silent\. No data for 3.min 20.s; its last window is 31 Aug 1995, 22:00 UTC.*unknown, not zero/,
  );
});

it("does not blame the feed while the store cannot be reached", () => {
  show({ silence: SILENCE, storeReachable: false });
  expect(screen.getByRole("alert")).not.toHaveTextContent("silent");
});

it("says of which span only a part is stored, and what to do", () => {
  const incomplete = { first: "1995-08-01T00:00:00Z", last: "1995-08-07T11:59:00Z" };
  show({ series: series({ incomplete }) });
  expect(screen.getByRole("alert")).toHaveTextContent(
    "Incomplete: the import of 1 Aug 1995, 00:00 – 7 Aug 1995, 12:00 UTC did not finish. " +
      "Send the file again or delete the series.",
  );
});
