import type { ChartLine } from "./chartLines";
import {
  type ChartModel,
  flagText,
  modelsOf,
  namedLines,
  nameOf,
  presentRates,
  rateAt,
  valueText,
} from "./chartModel";
import { countOf, formatDuration, formatRateWithUnit } from "./format";
import { formatDateTime, formatSpan, type Zone, zoneName } from "./time";

/** The chart in words, for those who cannot see it. Only what it draws. */
export function chartSummary(model: ChartModel, zone: Zone): string {
  const first = model.times[0] ?? model.now;
  const marks = model.lines.filter(({ kind }) => kind === "dots");
  const lines = model.lines.filter(({ kind, key }) => kind === "line" && key !== "actual");
  return [
    `Request rate from ${formatSpan(first, model.now, zone, model.step)}.`,
    ...actualSentences(model, zone),
    ...outageSentences(model),
    ...marks.flatMap((line) => markSentences(model, line)),
    ...lines.flatMap((line) => lineSentences(model, line, zone)),
    ...capacitySentences(model, zone),
  ].join(" ");
}

/** One window in words: what the lines of the chart have there. */
export function windowText(model: ChartModel, index: number, zone: Zone): string {
  const lines = namedLines(model, index).filter(({ spoken }) => spoken !== null);
  const parts = lines.map((line) => {
    const name = nameOf(model, line, line.spoken ?? "", index);
    const values = line.columns.map((column) => valueText(line, rateAt(model, column, index)));
    if (line.flag) return flagText(model, line, name, index);
    return `${name} ${values.join(" to ")}`.trim();
  });
  const start = model.times[index] ?? model.now;
  const time = `${formatDateTime(start, zone, model.step)} ${zoneName(zone, start)}`;
  return `${time}: ${index >= model.futureFrom ? "forecast " : ""}${parts.join(", ")}`;
}

function actualSentences(model: ChartModel, zone: Zone): string[] {
  const rates = model.rates.actual ?? [];
  const extremes = extremesOf(rates);
  if (!extremes) return ["No known rate in it."];
  return Object.entries(extremes).map(
    ([name, index]) => `${name} ${formatRateWithUnit(rates[index])} at ${timeText(model, index, zone)}.`,
  );
}

function timeText({ times, now, step }: ChartModel, index: number, zone: Zone): string {
  return formatDateTime(times[index] ?? now, zone, step);
}

function outageSentences({ outages }: ChartModel): string[] {
  if (outages.length === 0) return [];
  const seconds = outages.reduce((total, [from, to]) => total + to - from, 0);
  return [`Unknown for ${formatDuration(seconds)} in ${countOf(outages.length, "outage")}.`];
}

function markSentences(model: ChartModel, line: ChartLine): string[] {
  const rates = presentRates(model, line);
  if (rates.length === 0) return [];
  if (line.flag) return [`${countOf(rates.length, ...line.flag)} marked.`];
  return [`The ${line.legend}: ${formatRateWithUnit(rates.at(-1))}.`];
}

/** What a line has ahead; where that is nothing, its newest rate. */
function lineSentences(model: ChartModel, line: ChartLine, zone: Zone): string[] {
  const [column] = line.columns;
  if (line.spoken === null || !column) return [];
  const rates = model.rates[column.key] ?? [];
  const ahead = rates.flatMap((rate, index) => {
    if (rate == null || index < model.futureFrom) return [];
    const end = (model.times[index] ?? model.now) + model.windowSeconds;
    const models = modelsOf(model, line, index);
    const ahead = `${formatRateWithUnit(rate)} in ${formatDuration(end - model.now)}`;
    return [models ? `${ahead} (${models})` : ahead];
  });
  if (ahead.length > 0) return [`Forecast of ${line.spoken}: ${ahead.join(", ")}.`];
  const newest = rates.findLastIndex((rate) => rate != null);
  if (newest < 0) return [];
  return [
    `${line.tooltip}: newest ${formatRateWithUnit(rates[newest])} at ${timeText(model, newest, zone)}.`,
  ];
}

/** What runs now, how that changes, and when it is crossed. */
function capacitySentences({ windows, futureFrom, capacity, step }: ChartModel, zone: Zone): string[] {
  if (!capacity) return [];
  const ahead = windows
    .slice(futureFrom)
    .flatMap(({ time, running }) => (running ? [{ time, running }] : []));
  const changes = ahead.filter(
    ({ running }, place) => running.replicas !== ahead[place - 1]?.running.replicas,
  );
  const texts = changes.map(
    ({ time, running }) =>
      `${countOf(running.replicas, "replica")} from ${formatDateTime(time, zone, step)}` +
      ` for ${formatRateWithUnit(running.capacity)}`,
  );
  return [
    ...(texts.length > 0 ? [`Planned: ${texts.join(", ")}.`] : []),
    ...(capacity.crossing === null ? [] : [`What runs is crossed ${capacity.crossing}.`]),
  ];
}

/** Indices of the extremes, under their names. */
function extremesOf(rates: readonly (number | null | undefined)[]): Record<string, number> | null {
  let lowest = -1;
  let highest = -1;
  let newest = -1;
  rates.forEach((rate, index) => {
    if (rate == null) return;
    if (lowest < 0 || rate < (rates[lowest] ?? 0)) lowest = index;
    if (highest < 0 || rate > (rates[highest] ?? 0)) highest = index;
    newest = index;
  });
  return newest < 0 ? null : { Newest: newest, Lowest: lowest, Highest: highest };
}
