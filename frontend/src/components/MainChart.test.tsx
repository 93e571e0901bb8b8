import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { anomalous, at, forecast, point, points, series, status } from "@/test/fixtures";
import { json, problem, renderPage, stubBackend } from "@/test/render";
import { MainChart } from "./MainChart";

// jsdom has no canvas; what is drawn is tested end to end.
vi.mock("./chart/Plot", () => ({ Plot: () => <p>the chart</p> }));

afterEach(() => vi.unstubAllGlobals());

const live = {
  filename: "access.log",
  windowSeconds: 60,
  points: points(0, 120),
  forecast: forecast(120),
  status: status(),
};

function show(change: Partial<Parameters<typeof MainChart>[0]> = {}) {
  const onRange = vi.fn();
  renderPage(
    <MainChart
      series={series()}
      range="live"
      onRange={onRange}
      live={live}
      capacity={null}
      frozen={false}
      {...change}
    >
      <p>replay</p>
    </MainChart>,
  );
  return { onRange, card: screen.getByRole("region", { name: "Traffic and forecast" }) };
}

it("says which span it shows, with its dates, and how far the forecast goes", () => {
  const { card } = show();
  expect(card).toHaveTextContent(/31 Aug 1995, 22:00 – 1 Sept? 1995, 00:00 UTC/);
  expect(card).toHaveTextContent(/1.min windows · forecast to 00:15/);
  expect(screen.getByText("the chart")).toBeVisible();
});

it("is loading until the first snapshot", () => {
  show({ live: null });
  expect(screen.getByRole("status", { name: "Loading the chart" })).toBeVisible();
});

it("asks for the history of a range, and says which", async () => {
  const asked = stubBackend({ "GET /api/history": () => json(points(0, 60)) });
  show({ range: "1h" });
  expect(await screen.findByText("the chart")).toBeVisible();
  const url = new URL(asked[0]?.url ?? "");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    range: "1h",
    filename: "access.log",
    anchor: "data",
  });
});

it("says that there is no data in a range, instead of drawing nothing", async () => {
  stubBackend({ "GET /api/history": () => json([point(0, null), point(1, null)]) });
  const { onRange } = show({ range: "1h" });
  expect(await screen.findByText("No data in this range")).toBeVisible();
  expect(screen.queryByText("the chart")).not.toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Show 24 hours" }));
  expect(onRange).toHaveBeenCalledWith("24h");
});

it("shows the server's words where history cannot be read, and asks again", async () => {
  const answers = [problem(404, "Not found", "No series has this name."), json(points(0, 60))];
  stubBackend({ "GET /api/history": () => answers.shift() });
  show({ range: "6h" });
  expect(await screen.findByText("No series has this name.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("the chart")).toBeVisible();
});

it("has legend switches", async () => {
  show();
  const band = screen.getByRole("button", { name: /^p10–p90/ });
  await userEvent.click(band);
  expect(band).toHaveAttribute("aria-pressed", "false");
});

it("shows the same points as a table, forecasts first and unknown ones as unknown", async () => {
  show({
    live: {
      ...live,
      points: [point(0, 1), point(1, null), point(2, 3, anomalous(2, 3))],
      forecast: forecast(3),
    },
  });
  await userEvent.click(screen.getByRole("button", { name: "Table" }));
  const rows = within(screen.getByRole("table")).getAllByRole("row").slice(1);
  expect(rows).toHaveLength(6);
  expect(rows[0]).toHaveTextContent(/31 Aug 1995, 22:17 forecast––30.040.035.035.0/);
  expect(rows[3]).toHaveTextContent(/31 Aug 1995, 22:02 anomaly: twice what was forecast3.00/);
  expect(rows[4]).toHaveTextContent(/31 Aug 1995, 22:01––––––/);
});

it("changes the range by its tabs", async () => {
  const { onRange } = show();
  await userEvent.click(screen.getByRole("tab", { name: "24H" }));
  expect(onRange).toHaveBeenCalledWith("24h");
});

it("shows past forecasts where they are asked for", async () => {
  const past = { filename: "access.log", model: "lgbm_plus", horizon: 15, horizon_seconds: 900 };
  const asked = stubBackend({
    "GET /api/forecast/past": { ...past, origin: "issued", points: [{ timestamp: at(4), mean: 777 }] },
  });
  show({ live: { ...live, points: points(0, 5), forecast: null } });
  await userEvent.click(screen.getByRole("button", { name: "Table" }));
  const select = screen.getByRole("combobox", { name: "Past forecasts" });
  expect(within(select).getAllByRole("option")).toHaveLength(3);
  await userEvent.selectOptions(select, "15");
  expect(await screen.findByRole("columnheader", { name: /Forecast 15.min earlier/ })).toBeVisible();
  expect(await screen.findByRole("cell", { name: "777" })).toBeVisible();
  expect(new URL(asked[0]?.url ?? "").search).toBe("?horizon=15&range=live&filename=access.log");
  await userEvent.selectOptions(select, "");
  expect(screen.queryByRole("cell", { name: "777" })).not.toBeInTheDocument();
});

it("marks the open window in the table, with no actual rate", async () => {
  const growing = { timestamp: at(5), rps: 33, elapsed_seconds: 20 };
  show({ live: { ...live, points: points(0, 5), forecast: forecast(5), status: status({ growing }) } });
  expect(screen.getByText("open window so far")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Table" }));
  expect(screen.getByRole("rowheader", { name: /forecast, so far 33.0/ })).toBeVisible();
});
