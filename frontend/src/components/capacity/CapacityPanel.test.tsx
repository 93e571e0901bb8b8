import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Policy } from "@/api/types";
import { usePlan } from "@/hooks/capacity";
import { useView } from "@/hooks/useView";
import { decision, policy, recommendation } from "@/test/capacityFixtures";
import { point, series } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { CapacityPanel } from "./CapacityPanel";

afterEach(() => vi.unstubAllGlobals());

function Page({ burst = null }: { burst?: number | null }) {
  const [view, navigate] = useView();
  const plan = usePlan(series(), view);
  const shown = series({ status: "live", burst_factor: burst });
  return <CapacityPanel series={shown} plan={plan} view={view} navigate={navigate} />;
}

const POLICIES = "/api/policies/access.log";

/** A backend that knows the saved policy, and answers a plan with what the query changes of it. */
function show(saved: Policy | null, answers: Record<string, unknown> = {}, burst: number | null = null) {
  let held = saved;
  const answer = () => ({
    filename: "access.log",
    policy: held,
    history: held ? [{ number: 1, since: "1995-08-31T22:00:00Z", policy: held }] : [],
  });
  const asked = stubBackend({
    [`GET ${POLICIES}`]: () => json(answer()),
    [`PUT ${POLICIES}`]: async (request: Request) => {
      held = await request.json();
      return json(answer());
    },
    "GET /api/recommendation": (request: Request) => {
      const query = Object.fromEntries(new URL(request.url).searchParams);
      const factors = ["headroom", "burst_factor"].filter((name) => name in query);
      const tried = policy({
        ...held,
        ...Object.fromEntries(factors.map((name) => [name, Number(query[name])])),
      });
      return json(recommendation({ policy: tried, replicas: Math.ceil(5 * tried.headroom) }));
    },
    "GET /api/decisions": { filename: "access.log", decisions: [] },
    "GET /api/decisions/what-if": {
      filename: "access.log",
      policy: policy(),
      decisions: [decision(1, 2, { policy: 0 }), decision(30, 4, { policy: 0, before: 2 })],
      windows: 1_438,
      short_windows: 7,
    },
    "GET /api/history": [point(0, 40), point(1, 80)],
    ...answers,
  });
  renderPage(<Page burst={burst} />);
  return asked;
}

const needed = () => screen.getByText(/^Needed in/).nextElementSibling;

it("asks for two figures first, with the highest rate as a way to the first of them", async () => {
  show(null);
  const form = await screen.findByRole("form", { name: "First policy" });
  expect(await within(form).findByText(/80.0.req\/s in 24.h/)).toBeVisible();
  await userEvent.type(within(form).getByLabelText("replicas that ran then:"), "4");
  expect(within(form).getByLabelText("Rate of a replica, req/s")).toHaveValue("20");
  await userEvent.click(within(form).getByRole("button", { name: "Show replicas" }));
  expect(window.location.search).toContain("rps_per_replica=20&lead_seconds=120");
  expect(await screen.findByText(/^Needed in/)).toBeVisible();
  expect(screen.getByText("not saved")).toBeVisible();
});

it("offers the burst factor of the log that the series was read from, until the plan has one", async () => {
  show(policy(), {}, 2.37);
  expect(await screen.findByText(/peak second had 2.4 times the mean/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Plan for it" }));
  expect(window.location.search).toContain("burst_factor=2.4");
  expect(await screen.findByRole("textbox", { name: "Burst factor" })).toBeVisible();
  expect(screen.queryByText(/peak second/)).not.toBeInTheDocument();
});

it("tries a term at once, keeps it in the address, and saves or discards it", async () => {
  const asked = show(policy());
  const headroom = await screen.findByRole("textbox", { name: "Headroom" });
  expect(screen.queryByText("what if")).not.toBeInTheDocument();
  await userEvent.clear(headroom);
  await userEvent.type(headroom, "2");
  expect(window.location.search).toContain("headroom=2");
  expect(await screen.findByText("Headroom 1 → 2")).toBeVisible();
  expect(needed()).toHaveTextContent("10");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(window.location.search).not.toContain("headroom");
  expect(screen.getByRole("heading", { name: "Capacity" })).toHaveFocus();
  expect(await screen.findByText("5", { selector: "dd" })).toBeVisible();

  await userEvent.clear(headroom);
  await userEvent.type(headroom, "3");
  await screen.findByText("Headroom 1 → 3");
  await userEvent.click(screen.getByRole("button", { name: "Save policy" }));
  await vi.waitFor(() => expect(window.location.search).not.toContain("headroom"));
  expect(asked.some(({ method, url }) => method === "PUT" && url.endsWith(POLICIES))).toBe(true);
  expect(screen.getByRole("heading", { name: "Capacity" })).toHaveFocus();
  expect(await screen.findByText("15", { selector: "dd" })).toBeVisible();
});

it("leaves a figure that is half typed alone", async () => {
  show(policy());
  const headroom = await screen.findByRole("textbox", { name: "Headroom" });
  await userEvent.clear(headroom);
  await userEvent.type(headroom, "x");
  expect(window.location.search).not.toContain("headroom");
  await userEvent.tab();
  expect(headroom).toHaveValue("1");
});

it("offers no cost of a shortage where the policy has a quantile of its own, though it be that of the cost", async () => {
  show(policy({ quantile: 0.9, shortage_cost: 9 }));
  expect(await screen.findByRole("combobox", { name: /^Quantile/ })).toBeDisabled();
});

it("says what an hour of one replica costs, and limits as all other counts", async () => {
  show(policy(), {
    "GET /api/recommendation": recommendation({
      policy: policy({ price_per_replica_hour: 0.25, currency: "EUR" }),
      replicas: 1,
      steps: [{ name: "up_limit", limit: 1_200, replicas: 1 }],
      binding: "up_limit",
    }),
  });
  expect(await screen.findByText(/^An hour of 1.replica costs 0.25 EUR\.$/)).toBeVisible();
  expect(screen.getByText(/no more than 1,200 may run/)).toBeVisible();
});

it("shows the server's words about a policy that cannot be, with the way back", async () => {
  window.history.replaceState(null, "", "?lead_seconds=3600");
  show(policy(), {
    "GET /api/recommendation": () => problem(422, "Invalid", "Forecasts reach 15 windows, which is 900 s."),
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("which is 900 s");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(window.location.search).not.toContain("lead_seconds");
});

it("says why a policy could not be saved, until its changes are discarded", async () => {
  window.history.replaceState(null, "", "?headroom=2");
  show(policy(), { [`PUT ${POLICIES}`]: () => problem(403, "Forbidden", "This token may look.") });
  const save = await screen.findByRole("button", { name: "Save policy" });
  await vi.waitFor(() => expect(save).toBeEnabled());
  await userEvent.click(save);
  expect(await screen.findByRole("alert")).toHaveTextContent("This token may look.");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
});

it("shows what would have been served before it serves", async () => {
  const asked = show(policy({ mode: "advise" }));
  await userEvent.click(await screen.findByRole("radio", { name: "Serve" }));
  const dialog = await screen.findByRole("dialog", { name: /would have been served/ });
  expect(await within(dialog).findByText("2 – 4")).toBeVisible();
  expect(within(dialog).getByText("7 of 1,438")).toBeVisible();
  expect(asked.every(({ method }) => method === "GET")).toBe(true);
  await userEvent.click(within(dialog).getByRole("button", { name: "Serve" }));
  expect(await screen.findByText(/Gives the number to KEDA/)).toBeVisible();
});

it("says what machines are told, a refusal in its words", async () => {
  show(policy({ mode: "serve" }), {
    "GET /api/keda/access.log": () => problem(503, "No decision", "No sample has come for 3 windows."),
  });
  expect(await screen.findByText(/Machines are told nothing \(503\): No sample has come/)).toBeVisible();
});

it("lists what was decided, a change of the policy between", async () => {
  window.history.replaceState(null, "", "?capacity=log");
  const since = decision(20, 1).at;
  show(policy({ headroom: 2, mode: "advise" }), {
    [`GET ${POLICIES}`]: {
      filename: "access.log",
      policy: policy({ headroom: 2, mode: "advise" }),
      history: [
        { number: 1, since: decision(1, 1).at, policy: policy({ mode: "advise" }) },
        { number: 2, since, policy: policy({ headroom: 2, mode: "advise" }) },
      ],
    },
    "GET /api/decisions": {
      filename: "access.log",
      decisions: [decision(10, 2), decision(30, 4, { before: 2, binding: "observed", policy: 2 })],
    },
  });
  const log = await screen.findByRole("region", { name: "Decision log" });
  const [head, ...rows] = within(log).getAllByRole("row");
  expect(head).toHaveTextContent(/^Time \(UTC\)Replicas/);
  expect(rows[0]).toHaveTextContent(/31 Aug 1995, 22:302 → 44observed40.0.req\/s p9010.0.req\/s2/);
  expect(rows[1]).toHaveTextContent("Policy changed: Headroom 1 → 22");
  expect(rows[2]).toHaveTextContent(/22:1022forecast/);
  expect(screen.getByRole("link", { name: "CSV" })).toHaveAttribute(
    "href",
    "/api/decisions?filename=access.log&range=live&format=csv",
  );
});

it("says that nothing was decided only once it is known", async () => {
  window.history.replaceState(null, "", "?capacity=log");
  let answer = (_: Response) => {};
  const late = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  show(policy(), { "GET /api/decisions/what-if": () => late });
  expect(await screen.findByRole("tab", { name: "Decisions", selected: true })).toBeVisible();
  expect(screen.queryByText(/so nothing was decided/)).not.toBeInTheDocument();
  answer(json({ filename: "access.log", policy: policy(), decisions: [], windows: 0, short_windows: 0 }));
  expect(await screen.findByText(/so nothing was decided/)).toBeVisible();
});

it.each(["/api/decisions", "/api/decisions/what-if"])("says why %s could not be read", async (path) => {
  window.history.replaceState(null, "", "?capacity=log");
  show(policy(), { [`GET ${path}`]: () => problem(422, "Invalid request", "The range is not stored.") });
  expect(await screen.findByText("The range is not stored.")).toBeVisible();
  expect(screen.queryByText(/so nothing was decided/)).not.toBeInTheDocument();
});

it("says that the browser refused to copy a manifest", async () => {
  window.history.replaceState(null, "", "?capacity=connect");
  const user = userEvent.setup();
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("", "NotAllowedError"));
  show(policy(), {
    "GET /api/manifests": [{ kind: "hpa", label: "HPA", description: "An HPA.", ending: "yaml", values: [] }],
    "GET /api/manifests/access.log/hpa": () => new Response("kind: HorizontalPodAutoscaler"),
  });
  await user.click(await screen.findByRole("button", { name: "Copy" }));
  expect(await screen.findByText("The browser refused to copy. Download it.")).toBeVisible();
});

it("asks the endpoint as KEDA does, and fills in manifests", async () => {
  window.history.replaceState(null, "", "?capacity=connect");
  const asked = show(policy({ mode: "serve" }), {
    "GET /api/keda/access.log": {
      value: 50,
      target: 10,
      replicas: 5,
      demand: 45,
      at: decision(120, 5).at,
      from_forecast_windows: 0,
      mode: "serve",
    },
    "GET /api/manifests": [
      { kind: "scaled-object", label: "KEDA ScaledObject", description: "KEDA asks.", ending: "yaml" },
    ],
    "GET /api/manifests/access.log/scaled-object": () => new Response("kind: ScaledObject"),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Test as KEDA" }));
  expect(await screen.findByText(/value 50.0: 5.replicas × 10.0 req\/s, decided at 00:00 UTC/)).toBeVisible();
  expect(await screen.findByText("kind: ScaledObject")).toBeVisible();
  await userEvent.type(screen.getByLabelText("Deployment"), "shop");
  await vi.waitFor(() =>
    expect(asked.some(({ url }) => url.endsWith("scaled-object?deployment=shop"))).toBe(true),
  );
});
