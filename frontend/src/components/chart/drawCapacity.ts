import uPlot from "uplot";
import { type ChartModel, drawnColumns } from "@/lib/chartModel";
import { formatDuration } from "@/lib/format";
import type { Palette } from "./palette";

/** Share of the plot's height that the lane of replicas takes, and of that what its highest step does. */
const LANE = 0.2;
const LANE_FILL = 0.75;

/** Capacity far above the traffic would flatten it: it is drawn up to so many times as much. */
const MOST_ABOVE_TRAFFIC = 3;

const HEADROOM = 1.08;

/** Of words on the canvas, in its own pixels. */
export function labelFont(): string {
  return `500 ${11 * uPlot.pxRatio}px "Inter", system-ui, sans-serif`;
}

/** Of a shown line its place among the plot's series; 0 where it is not shown. */
function shownPlace(plot: uPlot, { lines }: ChartModel, key: string): number {
  const place = drawnColumns(lines).findIndex(({ line }) => line.key === key) + 1;
  return plot.series[place]?.show ? place : 0;
}

/** The rates that the plot shows, with room for the lane below zero. */
export function rateRange(plot: uPlot, model: ChartModel): [number, number] {
  let traffic = 0;
  let capacity = 0;
  for (const [index, { line, column }] of drawnColumns(model.lines).entries()) {
    if (!plot.series[index + 1]?.show || line.kind === "lane") continue;
    for (const rate of model.rates[column.key] ?? []) {
      if (rate == null) continue;
      if (line.kind === "steps" || line.unit) capacity = Math.max(capacity, rate);
      else traffic = Math.max(traffic, rate);
    }
  }
  const bounded = traffic > 0 ? Math.min(capacity, MOST_ABOVE_TRAFFIC * traffic) : capacity;
  const top = Math.max(traffic, bounded) * HEADROOM || 1;
  return [shownPlace(plot, model, "replicas") ? (-top * LANE) / (1 - LANE) : 0, top];
}

export function replicaRange(model: ChartModel): [number, number] {
  return [0, mostReplicas(model) / (LANE * LANE_FILL)];
}

function mostReplicas({ rates }: ChartModel): number {
  return Math.max(1, ...(rates.replicas ?? []).map((count) => count ?? 0));
}

/** Where more comes, or is planned for, than what runs can serve. */
export function shadeShortage(plot: uPlot, model: ChartModel, palette: Palette): void {
  if (!shownPlace(plot, model, "capacity")) return;
  const { ctx, bbox } = plot;
  const x = (time: number) => plot.valToPos(time, "x", true);
  const y = (rate: number) => plot.valToPos(rate, "y", true);
  const spans = model.windows.flatMap(({ time, running }, index) => {
    const next = model.windows[index + 1];
    const [begun, ended] = [demandAt(model, index), demandAt(model, index + 1)];
    const short = running && next && begun !== null && ended !== null;
    if (!short || Math.max(begun, ended) <= running.capacity) return [];
    return [
      { from: x(time), to: x(next.time), begun: y(begun), ended: y(ended), capacity: y(running.capacity) },
    ];
  });
  if (spans.length === 0) return;
  ctx.save();
  ctx.beginPath();
  for (const { from, to, capacity } of spans) ctx.rect(from, bbox.top, to - from, capacity - bbox.top);
  ctx.clip();
  ctx.beginPath();
  for (const { from, to, begun, ended } of spans) {
    ctx.moveTo(from, y(0));
    ctx.lineTo(from, begun);
    ctx.lineTo(to, ended);
    ctx.lineTo(to, y(0));
  }
  ctx.fillStyle = palette("--chart-shortage");
  ctx.fill();
  ctx.restore();
}

/** What came, or what is planned for. */
function demandAt({ windows, capacity }: ChartModel, index: number): number | null {
  const window = windows[index];
  if (!window) return null;
  return window.point ? window.point.actual_rps : (capacity?.ahead.get(window.time)?.forecast ?? null);
}

/** How the lane is read: its name, and the most that it shows. */
export function drawLane(plot: uPlot, model: ChartModel, palette: Palette): void {
  if (!shownPlace(plot, model, "replicas")) return;
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const most = mostReplicas(model);
  const top = Math.round(plot.valToPos(0, "y", true));
  ctx.save();
  ctx.strokeStyle = palette("--line");
  ctx.lineWidth = ratio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, top);
  ctx.lineTo(bbox.left + bbox.width, top);
  ctx.stroke();
  ctx.font = labelFont();
  ctx.fillStyle = palette("--muted");
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.fillText(String(most), bbox.left - 8 * ratio, plot.valToPos(most, "replicas", true));
  ctx.textAlign = "left";
  ctx.fillText("replicas", bbox.left + 6 * ratio, top + 9 * ratio);
  ctx.restore();
}

/** The lead right of now, and where what runs is crossed. */
export function drawOutlook(plot: uPlot, model: ChartModel, palette: Palette): void {
  const { capacity } = model;
  if (!capacity || !shownPlace(plot, model, "capacity")) return;
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  const x = (time: number) => Math.round(plot.valToPos(time, "x", true));
  const [origin, serving] = [x(capacity.origin), x(capacity.servingFrom)];
  if (origin < bbox.left || origin > right) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 22 * ratio, bbox.width, bbox.height + 22 * ratio);
  ctx.clip();
  ctx.lineWidth = 1.5 * ratio;
  ctx.font = labelFont();
  ctx.textBaseline = "alphabetic";

  const bracket = bbox.top - 2 * ratio;
  ctx.strokeStyle = palette("--series-capacity");
  ctx.beginPath();
  ctx.moveTo(origin, bracket + 5 * ratio);
  ctx.lineTo(origin, bracket);
  ctx.lineTo(serving, bracket);
  ctx.lineTo(serving, bracket + 5 * ratio);
  ctx.stroke();
  ctx.fillStyle = palette("--series-capacity");
  fillBeside(
    ctx,
    `lead ${formatDuration(capacity.servingFrom - capacity.origin)}`,
    origin,
    bracket - 4 * ratio,
    right,
    palette("--surface"),
  );

  const running = capacity.ahead.get(capacity.origin)?.running;
  if (running && capacity.crossedAt !== null) {
    const y = Math.round(plot.valToPos(running.capacity, "y", true));
    const crossing = x(capacity.crossedAt);
    ctx.strokeStyle = palette("--series-anomaly");
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(origin, y);
    ctx.lineTo(crossing, y);
    ctx.stroke();
    ctx.fillStyle = palette("--series-anomaly");
    ctx.beginPath();
    ctx.arc(crossing, y, 3.5 * ratio, 0, 2 * Math.PI);
    ctx.fill();
    fillBeside(ctx, `crossed ${capacity.crossing}`, crossing, y - 8 * ratio, right, palette("--surface"));
  }
  ctx.restore();
}

/** Right of `x` where it fits before `right`, else left of it. */
function fillBeside(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  right: number,
  ground: string,
): void {
  const gap = 4 * uPlot.pxRatio;
  const fits = x + gap + ctx.measureText(text).width <= right;
  ctx.textAlign = fits ? "left" : "right";
  // Over lines a text is read by the ground around it.
  ctx.setLineDash([]);
  ctx.lineWidth = gap;
  ctx.lineJoin = "round";
  ctx.strokeStyle = ground;
  ctx.strokeText(text, fits ? x : x - gap, y);
  ctx.fillText(text, fits ? x : x - gap, y);
}
