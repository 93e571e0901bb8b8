import type { AccuracySpan, Limits, ServedPoint } from "@/api/types";
import { FEW_ORIGINS, type HorizonScores, SPANS } from "./accuracy";
import { formatDuration, formatList, sentence } from "./format";
import { groupBy } from "./groupBy";
import { labelOf } from "./names";

/** Keys of the candidates that are served, by horizon. */
export type ServedByHorizon = Readonly<Record<number, string>>;

export function servedByHorizon(served: readonly ServedPoint[]): ServedByHorizon {
  return Object.fromEntries(served.map(({ horizon, model }) => [horizon, model]));
}

/** "5 min and 15 min ahead". */
export function aheadText(points: readonly ServedPoint[]): string {
  return `${formatList(points.map(({ horizon_seconds }) => formatDuration(horizon_seconds)))} ahead`;
}

/** A change that lowers the error by less of it than this is not worth a notice. */
const LEAST_GAIN = 0.01;

/** Whether what is served now has clearly less error than what was; true where the errors are not known. */
function isWorthNotice({ model, errors }: ServedPoint, before: string): boolean {
  const [now, then] = [errors[model], errors[before]];
  return now === undefined || then === undefined || now <= (1 - LEAST_GAIN) * then;
}

/** Which horizons are served by another, clearly better candidate than before, in one sentence; null where none is. */
export function changeText(
  before: ServedByHorizon,
  served: readonly ServedPoint[],
  limits: Limits,
): string | null {
  const changed = served.filter((point) => {
    const previous = before[point.horizon] ?? point.model;
    return previous !== point.model && isWorthNotice(point, previous);
  });
  const [first] = changed;
  if (!first) return null;
  const change = ({ horizon, model }: ServedPoint) =>
    `${labelOf(limits, model)} instead of ${labelOf(limits, before[horizon] ?? model)}`;
  const changes = groupBy(changed, change).map((group) => `${change(group[0])} ${aheadText(group)}`);
  const reason = changed.length === 1 ? ` ${sentence(first.reason)}` : "";
  return `Now serving ${changes.join("; ")}.${reason}`;
}

/**
 * Why the served candidate is served although another has the least error over the span of the accuracy panel; null
 * where it has the least itself, or too little was scored.
 */
export function disagreementText(
  served: ServedPoint,
  { origins, scores, leastWape }: HorizonScores,
  span: AccuracySpan,
  limits: Limits,
): string | null {
  if (origins < FEW_ORIGINS || leastWape === null || scores.get(served.model)?.wape === leastWape)
    return null;
  const best = [...scores.values()].find(({ wape }) => wape === leastWape);
  if (!best) return null;
  const other = `over ${SPANS[span]} ${labelOf(limits, best.model)} has the least`;
  return `${whyServed(served, limits)}; ${other}${notACandidate(served, best.model)}`;
}

function whyServed({ model, errors }: ServedPoint, { selection_windows }: Limits): string {
  const own = errors[model];
  if (own === undefined) return "too few forecasts were scored to select by error";
  const windows = `over the last ${selection_windows} windows`;
  if (own <= Math.min(...Object.values(errors))) return `it had the least error ${windows}`;
  return `no other candidate was clearly better ${windows}`;
}

/** Selection is among some of what the accuracy panel lists. */
function notACandidate({ errors }: ServedPoint, key: string): string {
  return key in errors || Object.keys(errors).length === 0 ? "" : ", which is not among the candidates";
}
