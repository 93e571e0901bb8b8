import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Replay } from "@/api/types";
import { useSeriesList } from "@/hooks/queries";
import { at, limits, series } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { ReplayControl } from "./ReplayControl";

afterEach(() => vi.unstubAllGlobals());

const REPLAY: Replay = {
  filename: "access.log",
  replay_filename: "replay of access.log",
  speed: 2,
  position: at(-240),
  last: at(0),
};

/** As on the page, something watches the list of series, so that it is fetched again. */
function List({ children }: { children: ReactNode }) {
  useSeriesList();
  return children;
}

function show(change: Partial<Parameters<typeof ReplayControl>[0]> = {}) {
  const onFollow = vi.fn();
  renderPage(<ReplayControl series={series()} replay={null} onFollow={onFollow} {...change} />, {
    limits: limits({ max_replay_speed: 10 }),
  });
  return onFollow;
}

it("plays the last 24 hours at two windows a second unless told otherwise", async () => {
  const asked = stubBackend({ "POST /api/replay": () => json(REPLAY, 201), "GET /api/series": [] });
  const onFollow = show();
  await userEvent.click(screen.getByRole("button", { name: "Replay as live" }));
  await waitFor(() => expect(onFollow).toHaveBeenCalled());
  expect(await asked[0]?.json()).toEqual({ filename: "access.log", speed: 2, start: at(-1 - 1_440) });
  expect(onFollow.mock.calls[0]?.[0]).toEqual(REPLAY);
});

it("plays from the beginning, at a speed the server allows", async () => {
  const asked = stubBackend({ "POST /api/replay": () => json(REPLAY, 201), "GET /api/series": [] });
  const onFollow = show();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Replay from" }), "the beginning");
  const speed = screen.getByRole("combobox", { name: "Speed" });
  expect([...speed.children].map((option) => option.textContent)).toEqual([
    "1 window/s",
    "2 windows/s",
    "5 windows/s",
    "10 windows/s",
  ]);
  await userEvent.selectOptions(speed, "10 windows/s");
  await userEvent.click(screen.getByRole("button", { name: "Replay as live" }));
  await waitFor(() => expect(onFollow).toHaveBeenCalled());
  expect(await asked[0]?.json()).toEqual({ filename: "access.log", speed: 10, start: null });
});

it("plays a short series from its beginning", () => {
  show({ series: series({ first: at(-60) }) });
  expect(screen.getByRole("combobox", { name: "Replay from" })).toHaveDisplayValue("the beginning");
  expect(screen.queryByRole("option", { name: "24 h before the end" })).not.toBeInTheDocument();
});

it("follows the replay also where the live connection tells of it before the answer is complete", async () => {
  let answerList = () => {};
  stubBackend({
    "POST /api/replay": () => json(REPLAY, 201),
    "GET /api/series": () =>
      new Promise<Response>((resolve) => {
        answerList = () => resolve(json([]));
      }),
  });
  const onFollow = vi.fn();
  const control = (replay: Replay | null) => (
    <ReplayControl series={series()} replay={replay} onFollow={onFollow} />
  );
  const page = renderPage(<List>{control(null)}</List>);
  await userEvent.click(screen.getByRole("button", { name: "Replay as live" }));
  page.update(<List>{control(REPLAY)}</List>);
  expect(screen.getByRole("button", { name: "Stop replay" })).toBeVisible();
  answerList();
  await waitFor(() => expect(onFollow).toHaveBeenCalledOnce());
});

it("says why it could not start", async () => {
  stubBackend({ "POST /api/replay": () => problem(404, "Not found", "No series is named so.") });
  show();
  await userEvent.click(screen.getByRole("button", { name: "Replay as live" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("No series is named so.");
});

it("says what is played and how long it takes, and stops it", async () => {
  const asked = stubBackend({
    "DELETE /api/replay": () => new Response(null, { status: 204 }),
    "GET /api/series": [],
  });
  show({ series: series({ filename: "replay of access.log", live: true }), replay: REPLAY });
  expect(screen.getByText(/at 2 windows\/s, now 31 Aug 1995, 18:00 UTC, 2.min left/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Watch" })).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Stop replay" }));
  await waitFor(() => expect(asked.some(({ method }) => method === "DELETE")).toBe(true));
});

it("leads to a replay from another series", async () => {
  const onFollow = show({ replay: REPLAY });
  await userEvent.click(screen.getByRole("button", { name: "Watch" }));
  expect(onFollow).toHaveBeenCalledWith(REPLAY);
});
