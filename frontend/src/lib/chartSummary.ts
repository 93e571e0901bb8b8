import { type ChartModel, SERIES } from "./chartModel";
import { countOf, formatDuration, formatRateWithUnit } from "./format";
import { formatDateTime, formatSpan, type Zone } from "./time";

/** The chart in words, for those who cannot see it. Only what it draws. */
export function chartSummary(model: ChartModel, zone: Zone): string {
  const [times] = model.columns;
  const known = model.columns[SERIES.actual].slice(0, model.futureFrom);
  const first = times[0] ?? model.now;
  const sentences = [`Request rate from ${formatSpan(first, model.now, zone, model.step)}.`];

  const extremes = extremesOf(known);
  if (extremes) {
    const at = (index: number) => formatDateTime(times[index] ?? first, zone, model.step);
    sentences.push(
      `Newest ${formatRateWithUnit(known[extremes.newest])} at ${at(extremes.newest)}.`,
      `Lowest ${formatRateWithUnit(known[extremes.lowest])} at ${at(extremes.lowest)}.`,
      `Highest ${formatRateWithUnit(known[extremes.highest])} at ${at(extremes.highest)}.`,
    );
  } else sentences.push("No known rate in it.");

  if (model.outages.length > 0) {
    const seconds = model.outages.reduce((total, [from, to]) => total + to - from, 0);
    sentences.push(`Unknown for ${formatDuration(seconds)} in ${countOf(model.outages.length, "outage")}.`);
  }
  const anomalies = model.columns[SERIES.anomaly].filter((value) => value !== null).length;
  if (anomalies > 0) sentences.push(`${countOf(anomalies, "anomaly", "anomalies")} marked.`);
  const growing = model.columns[SERIES.growing].find((rate) => rate !== null);
  if (growing != null) sentences.push(`The open window so far: ${formatRateWithUnit(growing)}.`);
  sentences.push(...forecastSentence(model));
  return sentences.join(" ");
}

function forecastSentence(model: ChartModel): string[] {
  const [times] = model.columns;
  const parts: string[] = [];
  for (let index = model.futureFrom; index < times.length; index += 1) {
    const mean = model.columns[SERIES.lgbmPlus][index];
    if (mean == null) continue;
    const end = (times[index] ?? model.now) + model.step;
    parts.push(`${formatRateWithUnit(mean)} in ${formatDuration(end - model.now)}`);
  }
  return parts.length > 0 ? [`Forecast of LGBM+: ${parts.join(", ")}.`] : [];
}

function extremesOf(values: readonly (number | null)[]) {
  let lowest = -1;
  let highest = -1;
  let newest = -1;
  values.forEach((value, index) => {
    if (value === null) return;
    if (lowest < 0 || value < (values[lowest] ?? 0)) lowest = index;
    if (highest < 0 || value > (values[highest] ?? 0)) highest = index;
    newest = index;
  });
  return newest < 0 ? null : { lowest, highest, newest };
}
