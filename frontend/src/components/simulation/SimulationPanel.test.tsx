import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Policy, SimulationAnswer, SimulationRequest } from "@/api/types";
import { usePlan } from "@/hooks/capacity";
import { useView } from "@/hooks/useView";
import { policy, recommendation } from "@/test/capacityFixtures";
import { at, series } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { policyPath, simulation } from "@/test/simulationFixtures";
import { SimulationPanel } from "./SimulationPanel";

// The canvas is uPlot's; what it draws is tested in a browser.
vi.mock("@/components/chart/Plot", () => ({ Plot: ({ summary }: { summary: string }) => <p>{summary}</p> }));
afterEach(() => vi.unstubAllGlobals());
beforeEach(() => window.history.replaceState(null, "", "/"));

const SERIES = series({ last: at(119) });

function Page() {
  const [view, navigate] = useView();
  const plan = usePlan(SERIES, view);
  return <SimulationPanel series={SERIES} plan={plan} view={view} navigate={navigate} />;
}

/** A backend that keeps these simulations, the newest first; one that is started is the newest. */
function show(
  kept: SimulationAnswer[],
  answers: Record<string, unknown> = {},
  saved: Policy | null = policy(),
) {
  const stored = [...kept];
  const asked = stubBackend({
    "GET /api/policies/access.log": {
      filename: "access.log",
      policy: saved,
      history: saved ? [{ number: 4, since: at(0), policy: saved }] : [],
    },
    "GET /api/recommendation": () => json(recommendation({ policy: saved ?? policy() })),
    "GET /api/decisions": { filename: "access.log", decisions: [] },
    "GET /api/decisions/what-if": {
      filename: "access.log",
      policy: policy(),
      decisions: [],
      windows: 1,
      short_windows: 0,
    },
    "GET /api/history": [],
    "GET /api/simulations/policies": [
      { policy: "hpa", label: "HPA", description: "on the observed rate", kind: "reactive", sweep: null },
      { policy: "week_ago", label: "a week before", description: "", kind: "reactive", sweep: null },
      { policy: "model", label: "your policy", description: "", kind: "forecast", sweep: null },
    ],
    "GET /api/simulations": () => json(stored.map((one) => ({ ...one, result: undefined }))),
    ...Object.fromEntries(
      ["one", "two"].map((id) => [
        `GET /api/simulations/${id}`,
        () => {
          const found = stored.find((one) => one.id === id);
          return found ? json(found) : problem(404, "Not found", "No simulation has that id.");
        },
      ]),
    ),
    "POST /api/simulations": () => {
      stored.unshift(simulation({ id: "two" }));
      return json(simulation({ id: "two", state: "waiting", result: null }), 202);
    },
    ...Object.fromEntries(
      ["hpa", "model", "model_p90", "model_p95", "oracle"].map((key) => [
        `GET /api/simulations/one/paths/${key}`,
        policyPath(key),
      ]),
    ),
    ...answers,
  });
  renderPage(<Page />);
  return asked;
}

const pressed = (name: RegExp) => screen.findByRole("button", { name, pressed: true });
const sent = (asked: Request[], method: string) => asked.filter((request) => request.method === method);

it("asks for two figures where there is no policy, and answers with them", async () => {
  const asked = show([], {}, null);
  const form = await screen.findByRole("form", { name: "First simulation" });
  await userEvent.type(within(form).getByLabelText("Rate of a replica, req/s"), "10");
  await userEvent.click(within(form).getByRole("button", { name: "What would it have cost and missed?" }));
  expect(await screen.findByText(/^With p90 you would have been short/)).toBeVisible();
  const [start] = sent(asked, "POST");
  expect(await start?.json()).toEqual({
    filename: "access.log",
    policy: { rps_per_replica: "10", lead_seconds: "120" },
  });
  expect(window.location.search).toContain("simulation=two");
});

it("says what the answer is before there is one, and asks with what was set", async () => {
  const asked = show([]);
  expect(await screen.findByText(/Replays your policy and others/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "What if, and settings" }));
  await userEvent.type(screen.getByLabelText("All traffic (times)"), "1.5");
  await userEvent.click(screen.getByRole("button", { name: "What would it have cost and missed?" }));
  expect(await screen.findByText(/^With p90 you would have been short/)).toBeVisible();
  expect(await sent(asked, "POST")[0]?.json()).toMatchObject({ policy: {}, times: 1.5 });
  expect(window.location.search).toContain("times=1.5");
});

it("replays the policies that are chosen, and its address has them", async () => {
  const asked = show([]);
  await userEvent.click(await screen.findByRole("button", { name: "What if, and settings" }));
  await userEvent.click(await screen.findByText("Policies replayed: all"));
  const box = (name: string) => screen.getByRole("checkbox", { name });
  expect(box("HPA")).toHaveAccessibleDescription("on the observed rate");
  await userEvent.click(box("a week before"));
  expect(screen.getByText("Policies replayed: 2 of 3")).toBeVisible();
  await userEvent.click(box("HPA"));
  expect(box("your policy")).toBeDisabled();
  expect(window.location.search).toContain("policies=model");
  await userEvent.click(screen.getByRole("button", { name: "What would it have cost and missed?" }));
  await screen.findByText(/^With p90 you would have been short/);
  expect(await sent(asked, "POST")[0]?.json()).toMatchObject({ policies: ["model"] });
  await userEvent.click(screen.getByRole("button", { name: "All policies" }));
  expect(window.location.search).not.toContain("policies");
});

it.each([
  ["What it rests on", {}],
  ["What was asked", { state: "failed", problem: "it ran out of memory", result: null }],
] as const)("shows what was asked and asks it again: %s", async (summary, change) => {
  const { request } = simulation();
  const settings = { ...request, times: 1.5, policies: ["hpa"] } as SimulationRequest;
  const asked = show([simulation({ ...change, request: settings })]);
  await userEvent.click(await screen.findByText(summary));
  expect(screen.getByText("All traffic (times)", { selector: "dt" }).nextSibling).toHaveTextContent("1.5");
  expect(screen.getByText("Policies replayed", { selector: "dt" }).nextSibling).toHaveTextContent("HPA");
  await userEvent.click(screen.getByRole("button", { name: "Run again with these" }));
  await vi.waitFor(() => expect(window.location.search).toContain("times=1.5"));
  expect(await sent(asked, "POST")[0]?.json()).toEqual({
    filename: "access.log",
    policy: policy(),
    times: 1.5,
    policies: ["hpa"],
  });
});

it("shows a result again, points by key, and the worst moments of the one that is chosen", async () => {
  show([simulation()]);
  const points = await screen.findByRole("group", { name: /^Replica-hours against minutes short/ });
  const own = await within(points).findByRole("button", {
    name: /^your policy: 100 replica-hours, 10 minutes/,
  });
  expect(own).toHaveAttribute("aria-pressed", "true");
  own.focus();
  await userEvent.keyboard("{End}");
  expect(within(points).getByRole("button", { name: /^HPA/ })).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  expect(await pressed(/^HPA: 120 replica-hours, 40 minutes short/)).toBeVisible();
  expect(window.location.search).toContain("replayed=hpa");
  expect(screen.getByText("Worst moments of HPA")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /22:10 – 22:11 UTC/ }));
  expect(window.location.search).toContain("span=1995-08-31T22%3A00%3A00Z%2C1995-08-31T22%3A31%3A00Z");
  await userEvent.click(screen.getByRole("radio", { name: "Requests short" }));
  expect(await pressed(/^HPA: 120 replica-hours, 50 requests short/)).toBeVisible();
});

it("sorts the table, and sets a second policy beside the first", async () => {
  show([simulation()]);
  const table = await screen.findByRole("table", { name: "What each policy cost and missed" });
  await userEvent.click(within(table).getByRole("button", { name: "Minutes short" }));
  expect(within(table).getAllByRole("rowheader")[0]).toHaveTextContent("oracle");
  expect(within(table).getByRole("columnheader", { name: "Minutes short" })).toHaveAttribute(
    "aria-sort",
    "ascending",
  );
  expect(window.location.search).toContain("sort=minutes_short");
  expect(screen.getByText(/Fewer than three days were replayed/)).toBeVisible();
  await userEvent.selectOptions(screen.getByLabelText("Policy beside it"), "HPA");
  const comparison = await screen.findByRole("table", { name: "your policy and HPA side by side" });
  expect(within(comparison).getByRole("row", { name: /^Minutes short/ })).toHaveTextContent("1040−30");
  expect(screen.getByRole("link", { name: "CSV" })).toHaveAttribute(
    "href",
    "/api/simulations/one/report?format=csv",
  );
});

it("stores the recommended quantile in mode advise, and says so", async () => {
  const asked = show([simulation()], {
    "PUT /api/policies/access.log": async (request: Request) => {
      const put = await request.clone().json();
      return json({
        filename: "access.log",
        policy: put,
        history: [{ number: 5, since: at(1), policy: put }],
      });
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "Use this policy (forecast p95)" }));
  expect(await screen.findByText("Saved as policy 5, mode advise.")).toBeVisible();
  expect(await sent(asked, "PUT")[0]?.json()).toEqual(policy({ quantile: 0.95, mode: "advise" }));
});

it("warns before a policy that serves stops to", async () => {
  show([simulation()], {}, policy({ mode: "serve" }));
  expect(await screen.findByText(/machines are told nothing from then on/)).toBeVisible();
});

it("says with which policy it was made", async () => {
  show([simulation()], {}, policy({ headroom: 2 }));
  expect(
    await screen.findByText(/^Made with a policy that is not saved; now policy 4 holds: Headroom 1 → 2/),
  ).toBeVisible();
  expect(screen.queryByText(/^It ends at/)).not.toBeInTheDocument();
});

it("follows one that runs, and cancels it", async () => {
  const asked = show([simulation({ state: "simulating", share: 0.4, result: null })], {
    "DELETE /api/simulations/one": () => new Response(null, { status: 204 }),
  });
  expect(await screen.findByText(/Replaying the policies · 40.%/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(sent(asked, "DELETE")).toHaveLength(1);
});

it("names one that runs in the list as it is now, not as it was when the list was asked for", async () => {
  show([simulation({ state: "waiting", result: null }), simulation({ id: "two" })], {
    "GET /api/simulations/one": simulation({ state: "simulating", share: 0.4, result: null }),
  });
  const list = await screen.findByLabelText("Simulations of this series");
  await vi.waitFor(() => expect(list).toHaveTextContent(/, replaying the policies/));
  expect(list).not.toHaveTextContent(/waiting/);
});

it.each([
  [
    { state: "failed", problem: "No window has a known rate" },
    /^The simulation failed. No window has a known rate\.$/,
  ],
  [
    { state: "cancelled", problem: "It was cancelled." },
    /^The simulation was cancelled; it has no result\.$/,
  ],
] as const)("says how it ended without a result: %o", async (change, words) => {
  show([simulation({ ...change, result: null })]);
  expect(await screen.findByText(words)).toBeVisible();
  const button = screen.getByRole("button", { name: "What would it have cost and missed?" });
  await vi.waitFor(() => expect(button).toBeEnabled());
});

it("says that a linked result is not kept any more, with the way to the newest", async () => {
  window.history.replaceState(null, "", "?simulation=two");
  show([simulation()]);
  await userEvent.click(await screen.findByRole("button", { name: "Show the newest" }));
  expect(await screen.findByText(/^With p90 you would have been short/)).toBeVisible();
});

it("shows the server's words about what it refuses", async () => {
  show([], { "POST /api/simulations": () => problem(422, "Invalid", "fixed_replicas: a whole number") });
  await userEvent.click(await screen.findByRole("button", { name: "What would it have cost and missed?" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("“Fixed fleet”: a whole number");
});
