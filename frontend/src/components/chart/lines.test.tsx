import { screen, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { ChartDataPoint, Forecast, Model, ServedPoint } from "@/api/types";
import { type ChartLine, chartLines } from "@/lib/chartLines";
import { buildChartModel, type ChartModel } from "@/lib/chartModel";
import { chartSummary, windowText } from "@/lib/chartSummary";
import { forecast, limits, MODELS, point, served, THIRD_MODEL } from "@/test/fixtures";
import { renderPage } from "@/test/render";
import { ChartTooltip } from "./ChartTooltip";
import { Legend } from "./Legend";
import { PointsTable } from "./PointsTable";
import { plotData, plotOptions } from "./plotOptions";

/** Two known windows, then a forecast of every model. */
function model(
  lines: readonly ChartLine[],
  models: readonly Model[] = MODELS,
  serving: ServedPoint[] = [],
): ChartModel {
  const known = [0, 1].map(
    (minute) => ({ ...point(minute, 10), predicted_rps_model3: 33 }) as ChartDataPoint,
  );
  const ahead: Forecast = forecast(2);
  const [template] = ahead.points;
  if (!template) throw new Error("no forecast");
  ahead.points = models.map(({ key }, place) => ({ ...template, model: key, mean: 41 + place }));
  ahead.served = serving.map((point) => ({ ...point, timestamp: template.timestamp }));
  const built = buildChartModel(known, 60, { lines, forecast: ahead });
  if (!built) throw new Error("nothing to draw");
  return built;
}

const optionsOf = (drawn: ChartModel) =>
  plotOptions({ width: 100, height: 100 }, () => ({
    model: drawn,
    palette: (token) => token,
    zone: "utc",
    border: { label: "now", at: "now" },
    onCursor: vi.fn(),
    onZoom: vi.fn(),
  }));

/** Of what is drawn from 0 to 1.5, the ticks that the axis shows. */
const ticksOf = (drawn: ChartModel) =>
  optionsOf(drawn).axes?.[1]?.filter?.(null as never, [-0.5, 0, 0.5, 1, 1.5], 1, 44, 0.5);

/** The colours of the series that the canvas draws as lines. */
const strokes = (drawn: ChartModel) =>
  optionsOf(drawn).series.flatMap(({ stroke }) =>
    typeof stroke === "function" ? [stroke(null as never, 1)] : [],
  );

function show(drawn: ChartModel, hovered = 1) {
  const past = { horizons: [1, 5], windowSeconds: 60, chosen: null, onChoose: vi.fn() };
  renderPage(
    <>
      <Legend model={drawn} hidden={new Set()} onHidden={vi.fn()} past={past} />
      <ChartTooltip model={drawn} unit="req/s" cursor={{ index: hovered, left: 0 }} />
      <PointsTable model={drawn} />
    </>,
  );
  const [head, newest] = within(screen.getByRole("table")).getAllByRole("row");
  return {
    legend: screen.getAllByRole("button").map(({ textContent }) => textContent),
    tooltip: screen.getAllByRole("term", { hidden: true }).map(({ textContent }) => textContent),
    heading: within(head as HTMLElement)
      .getAllByRole("columnheader")
      .map(({ textContent }) => textContent),
    ahead: within(newest as HTMLElement)
      .getAllByRole("cell")
      .map(({ textContent }) => textContent),
  };
}

it("an axis of rates has halves, one of replicas has none", () => {
  const rates = model(chartLines(limits(), null));
  const replicas = { ...rates, lines: rates.lines.map((line) => ({ ...line, unit: "replicas" as const })) };
  expect(ticksOf(rates)).toEqual([null, 0, 0.5, 1, 1.5]);
  expect(ticksOf(replicas)).toEqual([null, 0, null, 1, null]);
});

it("a third model of the server is drawn, and named in legend, tooltip, table and spoken text", () => {
  const models = [...MODELS, THIRD_MODEL];
  const drawn = model(chartLines(limits({ models }), null), models);
  expect(drawn.rates.toy).toEqual([33, 33, 43]);
  expect(plotData(drawn)).toContainEqual([33, 33, 43]);
  expect(new Set(strokes(drawn)).size).toBe(5);

  const { legend, tooltip, heading, ahead } = show(drawn);
  expect(legend).toEqual(["Actual", "Served", "p10–p90: LGBM+", "LGBM+", "LGBM", "Toy"]);
  expect(tooltip).toEqual(["Actual", "p10–p90: LGBM+", "LGBM+", "LGBM", "Toy"]);
  expect(heading).toEqual(["Time (UTC)", "Actual", "Served", "p10", "p90", "LGBM+", "LGBM", "Toy"]);
  expect(ahead).toEqual(["–", "–", "16.0", "26.0", "41.0", "42.0", "43.0"]);
  expect(windowText(drawn, 1, "utc")).toContain("Toy 33.0");
  expect(chartSummary(drawn, "utc")).toContain("Forecast of Toy: 43.0");
});

it("a line that is added to the table is drawn, and named in legend, tooltip, table and spoken text", () => {
  const capacity: ChartLine = {
    key: "capacity",
    kind: "line",
    token: "--ok",
    width: 1,
    layer: 0,
    columns: [{ key: "capacity", label: "Capacity", value: ({ point: known }) => (known ? 50 : 55) }],
    legend: "Capacity",
    tooltip: "Capacity",
    spoken: "capacity",
    named: "known",
  };
  const drawn = model([...chartLines(limits(), null), capacity]);
  expect(plotData(drawn)).toHaveLength(optionsOf(drawn).series.length);
  expect(plotData(drawn)).toContainEqual([50, 50, 55]);
  expect(strokes(drawn)).toContain("--ok");

  const { legend, tooltip, heading, ahead } = show(drawn);
  expect(legend.at(-1)).toBe("Capacity");
  expect(tooltip.at(-1)).toBe("Capacity");
  expect(heading.at(-1)).toBe("Capacity");
  expect(ahead.at(-1)).toBe("55.0");
  expect(windowText(drawn, 1, "utc")).toContain("capacity 50.0");
  expect(chartSummary(drawn, "utc")).toContain("Forecast of capacity: 55.0");
});

it("what is served is drawn, and named in legend, tooltip, table and spoken text", () => {
  const drawn = model(chartLines(limits(), null), MODELS, served({ 1: "last_value" }, 800));
  expect(plotData(drawn)).toContainEqual([null, null, 800]);
  const { legend, heading, ahead, tooltip } = show(drawn, 2);
  expect(legend).toContain("Served: last value");
  expect(tooltip).toEqual(["Served: last value", "p10–p90: last value", "LGBM+", "LGBM"]);
  expect(ahead[heading.indexOf("Served") - 1]).toBe("800 last value");
  expect(windowText(drawn, 2, "utc")).toContain("the served model: last value 800");
  expect(chartSummary(drawn, "utc")).toMatch(/Forecast of the served model: 800.req\/s in .*\(last value\)/);
});

it("draws the preferred model over the others, and marks over all", () => {
  const drawn = model(chartLines(limits(), 300));
  expect(strokes(drawn)).toEqual([
    "--series-actual",
    "--series-model-2",
    "--series-model-1",
    "--series-past",
    "--series-served",
  ]);
  expect(optionsOf(drawn).series.at(-1)?.points?.show).toBe(true);
});

it("begins again with colours and dashes where there are more models than styles", () => {
  const models = Array.from({ length: 5 }, (_, place) => ({ ...THIRD_MODEL, key: `model ${place}` }));
  const styles = chartLines(limits({ models }), null)
    .filter(({ key }) => key.startsWith("model"))
    .map(({ token, dash }) => `${token} ${dash}`);
  expect(new Set(styles).size).toBe(4);
  expect(styles[4]).toBe(styles[0]);
});
