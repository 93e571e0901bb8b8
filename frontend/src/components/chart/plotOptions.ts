import uPlot from "uplot";
import type { ChartLine } from "@/lib/chartLines";
import { type ChartModel, dottedIndices, drawnColumns } from "@/lib/chartModel";
import { formatTick } from "@/lib/format";
import { axisLabels, type Zone } from "@/lib/time";
import { drawLane, drawOutlook, labelFont, rateRange, replicaRange, shadeShortage } from "./drawCapacity";
import type { Palette } from "./palette";

/** What the drawing functions need; they read the newest of it, so the plot is rebuilt only for other lines. */
export interface PlotContext {
  model: ChartModel;
  palette: Palette;
  zone: Zone;
  /** Null where nothing is forecast. */
  border: Border | null;
  onCursor: (cursor: PlotCursor | null) => void;
  onZoom: (range: ZoomRange | null) => void;
}

/** The line between what is known and what is forecast, and what stands at it. */
export interface Border {
  label: string;
  at: "now" | "end";
}

export interface PlotCursor {
  index: number;
  /** Distance from the plot's left edge, CSS pixels. */
  left: number;
}

export interface ZoomRange {
  min: number;
  max: number;
}

const FONT = '11px "Inter", system-ui, sans-serif';
const LEAST_LABELLED_PIXELS = 64;
const LEAST_ZOOM_PIXELS = 8;
const MARK_PIXELS = 7;

/** From here on, lines and dots of the usual size would cover each other. */
const DENSE_WINDOWS = 400;

/** The data of the plot: its times, then a row for each of its series. */
export function plotData({ times, lines, rates }: ChartModel): uPlot.AlignedData {
  return [times, ...drawnColumns(lines).map(({ column }) => rates[column.key] ?? [])];
}

/** Width of a line or a dot's diameter, CSS pixels, where so many windows are drawn. */
export function lineWidth({ kind, width }: ChartLine, windows: number): number {
  if (windows <= DENSE_WINDOWS || width === 0) return width;
  return kind === "dots" ? width - 3 : width - 0.5;
}

export function plotOptions(
  size: { width: number; height: number },
  context: () => PlotContext,
): uPlot.Options {
  const colour = (token: string) => () => context().palette(token);
  const drawn = drawnColumns(context().model.lines);
  const shownTicks: uPlot.Axis.Filter = (_plot, ticks) => ticksShown(ticks, context().model);

  const line = ({ token, width, dash }: ChartLine, column: string): uPlot.Series => ({
    stroke: colour(token),
    width,
    spanGaps: false,
    ...(dash ? { dash } : {}),
    points: {
      show: false,
      size: 6,
      width: 1.5,
      stroke: colour(token),
      fill: colour("--surface"),
      filter: () => dottedIndices(context().model.rates[column] ?? [], context().model.futureFrom),
    },
  });
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const steps = (drawn: ChartLine, column: string): uPlot.Series => ({
    ...line(drawn, column),
    ...(stepped ? { paths: stepped } : {}),
    points: { show: false },
  });
  const SHAPES: Record<ChartLine["kind"], (line: ChartLine, column: string) => uPlot.Series> = {
    line,
    // A band's edges have paths to fill between, and no line of their own.
    band: () => ({ width: 0, spanGaps: false, points: { show: false } }),
    steps,
    lane: (drawn, column) => ({
      ...steps(drawn, column),
      scale: "replicas",
      fill: colour(`${drawn.token}-fill`),
      fillTo: 0,
    }),
    // Dots have no line.
    dots: ({ token, width, hollow }) => ({
      paths: () => null,
      points: {
        show: true,
        space: 0,
        size: width,
        width: 1.5,
        stroke: colour(hollow ? token : "--surface"),
        fill: colour(hollow ? "--surface" : token),
      },
    }),
  };
  /** Lines get a dot where the crosshair meets them. */
  const isLine = (index: number) => drawn[index - 1]?.line.kind === "line";

  return {
    ...size,
    padding: [22, 14, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => {
      const date = new Date(seconds * 1000);
      return context().zone === "utc" ? uPlot.tzDate(date, "UTC") : date;
    },
    cursor: {
      y: false,
      dataIdx: (_plot, _series, index) => index, // and not the nearest of the series that has a value
      points: {
        size: (_plot, series) => (isLine(series) ? 7 : 0),
        width: (_plot, series) => (isLine(series) ? 2 : 0),
        fill: colour("--surface"),
      },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          context().onZoom(null);
          return null;
        },
      },
    },
    scales: {
      x: { time: true },
      y: { range: (plot) => rateRange(plot, context().model) },
      replicas: { range: () => replicaRange(context().model) },
    },
    axes: [
      {
        stroke: colour("--muted"),
        font: FONT,
        space: 72,
        size: 44,
        grid: { show: false },
        ticks: { stroke: colour("--chart-grid"), width: 1, size: 5 },
        values: (_plot, ticks, _axis, _space, step) => axisLabels(ticks, step, context().zone),
      },
      {
        stroke: colour("--muted"),
        font: FONT,
        size: 52,
        space: 44,
        filter: shownTicks,
        grid: { stroke: colour("--chart-grid"), width: 1, filter: shownTicks },
        ticks: { show: false },
        values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : formatTick(tick))),
      },
    ],
    series: [{}, ...drawn.map(({ line, column }) => SHAPES[line.kind](line, column.key))],
    bands: drawn.flatMap(({ line }, index) =>
      line.kind === "band" && drawn[index + 1]?.line === line
        ? [{ series: [index + 2, index + 1], fill: colour(line.token) }]
        : [],
    ),
    hooks: {
      drawClear: [
        (plot) => shadeSpans(plot, context()),
        (plot) => shadeShortage(plot, context().model, context().palette),
      ],
      draw: [
        (plot) => drawBorder(plot, context()),
        (plot) => drawLane(plot, context().model, context().palette),
        (plot) => drawOutlook(plot, context().model, context().palette),
      ],
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          const over = idx !== null && idx !== undefined && left !== undefined && left >= 0;
          context().onCursor(over ? { index: idx, left } : null);
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < LEAST_ZOOM_PIXELS) return;
          context().onZoom({ min: plot.posToVal(left, "x"), max: plot.posToVal(left + width, "x") });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Below zero lies the lane of replicas, and where replicas alone are drawn there is no half of one. */
function ticksShown(ticks: number[], { lines }: ChartModel): (number | null)[] {
  const counts = lines.every(({ unit }) => unit !== undefined);
  return ticks.map((tick) => (tick < 0 || (counts && !Number.isInteger(tick)) ? null : tick));
}

/** Unknown time, shortages and the time to come lie on their own ground. */
function shadeSpans(plot: uPlot, { model, palette }: PlotContext): void {
  for (const [from, to] of model.outages) {
    const span = fillSpan(plot, from, to, palette("--chart-outage"));
    if (span && span.width > LEAST_LABELLED_PIXELS * uPlot.pxRatio)
      drawLabel(plot, "unknown", span.left + span.width / 2, "center", palette);
  }
  // Of a bucket of several windows one may have been short: that is marked above them.
  const marked = model.step > model.windowSeconds;
  for (const [from, to] of model.shortages ?? [])
    if (marked) fillSpan(plot, from, to, palette("--series-anomaly"), MARK_PIXELS * uPlot.pxRatio);
    else fillSpan(plot, from, to, palette("--chart-shortage"));
  if (model.times.length > model.futureFrom)
    fillSpan(plot, model.now, Number.POSITIVE_INFINITY, palette("--chart-future"));
}

function fillSpan(
  plot: uPlot,
  from: number,
  to: number,
  fill: string,
  height = plot.bbox.height,
): { left: number; width: number } | null {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  const clamp = (x: number) => Math.min(Math.max(x, bbox.left), right);
  const start = clamp(plot.valToPos(from, "x", true));
  const end = Number.isFinite(to) ? clamp(plot.valToPos(to, "x", true)) : right;
  if (end <= start) return null;
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(start, bbox.top, end - start, height);
  ctx.restore();
  return { left: start, width: end - start };
}

function drawLabel(
  { ctx, bbox }: uPlot,
  text: string,
  x: number,
  align: CanvasTextAlign,
  palette: Palette,
): void {
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = labelFont();
  ctx.fillStyle = palette("--muted");
  ctx.textAlign = align;
  ctx.textBaseline = "top";
  ctx.fillText(text, x, bbox.top + 4 * ratio);
  ctx.restore();
}

function drawBorder(plot: uPlot, { model, palette, border }: PlotContext): void {
  if (border === null) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(model[border.at], "x", true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = palette("--control");
  ctx.lineWidth = ratio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
  drawLabel(plot, border.label, x - 6 * ratio, "right", palette);
}
