import { OUTCOME_COLUMNS, type Shortage, type Sort, type Span } from "./outcomes";
import { isSettingName, type SimulationChanges } from "./simulationSettings";
import { isoTime, toSeconds } from "./time";

/** What the page shows of a simulation, as its address says it: ?simulation=…&replayed=model_p90&compared=hpa&times=1.5 */
export interface SimulationView {
  /** Which one; null for the newest of the series. */
  id: string | null;
  /** Keys of the policy whose replicas are drawn, and of the one beside it. */
  replayed: string | null;
  compared: string | null;
  /** What the picture counts upwards. */
  shortage: Shortage;
  sort: Sort | null;
  /** The part of the span whose replicas are drawn, epoch seconds; null for all of it. */
  span: Span | null;
  /** Other settings than the server's defaults, for the next one. */
  settings: SimulationChanges;
}

export const NO_SIMULATION: SimulationView = {
  id: null,
  replayed: null,
  compared: null,
  shortage: "minutes_short",
  sort: null,
  span: null,
  settings: {},
};

export function parseSimulation(params: URLSearchParams): SimulationView {
  return {
    id: params.get("simulation") || null,
    replayed: params.get("replayed") || null,
    compared: params.get("compared") || null,
    shortage: params.get("shortage") === "requests" ? "requests_short" : "minutes_short",
    sort: sortOf(params.get("sort") ?? ""),
    span: spanOf(params.get("span") ?? ""),
    settings: Object.fromEntries([...params].filter(([name, text]) => text && isSettingName(name))),
  };
}

export function simulationParams(view: SimulationView): [name: string, text: string][] {
  const { id, replayed, compared, shortage, sort, span, settings } = view;
  const texts: Record<string, string | null> = {
    simulation: id,
    replayed,
    compared,
    shortage: shortage === "requests_short" ? "requests" : null,
    sort: sort && `${sort.descending ? "-" : ""}${sort.column}`,
    span: span && [span.min, span.max].map(isoTime).join(","),
    ...settings,
  };
  return Object.entries(texts).flatMap(([name, text]) => (text ? [[name, text]] : []));
}

function sortOf(text: string): Sort | null {
  const column = text.replace(/^-/, "");
  const known = OUTCOME_COLUMNS.some(({ key }) => key === column);
  return known ? { column, descending: text !== column } : null;
}

function spanOf(text: string): Span | null {
  const [min = Number.NaN, max = Number.NaN] = text.split(",").map(toSeconds);
  return max > min ? { min, max } : null;
}
