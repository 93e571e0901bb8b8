import type { ChartDataPoint, Forecast, LiveMessage, LiveStatus } from "@/api/types";
import { countNewer, mergePoints } from "./points";
import { toSeconds } from "./time";

/** The state of the live series; every message leads to the next one. */
export interface LiveData {
  filename: string | null;
  windowSeconds: number | null;
  points: ChartDataPoint[];
  forecast: Forecast | null;
  status: LiveStatus;
}

/** `current` takes in everything; while frozen, `held` is what the page shows. */
interface LiveState {
  current: LiveData | null;
  held: LiveData | null;
  frozen: boolean;
}

export type LiveAction =
  | { type: "message"; message: LiveMessage }
  | { type: "freeze" }
  | { type: "unfreeze" }
  | { type: "refresh" }
  | { type: "reset" };

export const EMPTY_LIVE: LiveState = { current: null, held: null, frozen: false };

export function liveReducer(state: LiveState, action: LiveAction): LiveState {
  switch (action.type) {
    case "message":
      return receive(state, action.message);
    case "freeze":
      return { ...state, frozen: true, held: state.current };
    case "unfreeze":
      return { ...state, frozen: false, held: null };
    case "refresh":
      return { ...state, held: state.frozen ? state.current : null };
    case "reset":
      return { ...state, current: null, held: null };
  }
}

function receive(state: LiveState, message: LiveMessage): LiveState {
  const current = applyMessage(state.current, message);
  // A series that was opened while frozen is shown as it first arrived.
  const held = state.frozen ? (state.held ?? current) : null;
  return { ...state, current, held };
}

function applyMessage(data: LiveData | null, message: LiveMessage): LiveData | null {
  if (message.type === "snapshot") {
    const { filename, window_seconds, points, forecast, status } = message.data;
    return { filename, windowSeconds: window_seconds, points, forecast, status };
  }
  if (!data) return data;
  switch (message.type) {
    case "points":
      return {
        ...data,
        points: mergePoints(data.points, message.data.points),
        forecast: message.data.forecast ?? data.forecast,
      };
    case "forecast":
      return { ...data, forecast: message.data };
    case "status":
      return { ...data, status: message.data, forecast: agreeing(data.forecast, message.data.status) };
  }
}

/** A feed falls silent without another forecast, whose status would show it. */
function agreeing(forecast: Forecast | null, status: LiveStatus["status"]): Forecast | null {
  if (forecast === null || status === null || status === forecast.status) return forecast;
  return { ...forecast, status, stale: status !== "live" };
}

/** What the page draws: everything, or what was there when it was frozen. */
export function shownLive(state: LiveState): LiveData | null {
  return state.frozen ? state.held : state.current;
}

export interface Silence {
  seconds: number;
  /** When the newest window began, epoch seconds. */
  newest: number;
  windowSeconds: number;
}

/** For how long a feed has been silent; null while it sends, and for what is no feed. */
export function silenceOf({ status, windowSeconds }: LiveData): Silence | null {
  const { silent_seconds: seconds, newest } = status;
  if (status.status !== "stale" || seconds === null || newest === null || windowSeconds === null) return null;
  return { seconds, newest: toSeconds(newest), windowSeconds };
}

/** Windows that arrived since the page was frozen. */
export function waitingWindows(state: LiveState): number {
  if (!state.frozen || !state.current || !state.held) return 0;
  return countNewer(state.current.points, state.held.points);
}

/** True where a message was missed in between, so that only a new snapshot is sure to be whole. */
export function breaksSequence(last: number | null, message: LiveMessage): boolean {
  if (last === null || message.type === "snapshot") return false;
  return message.sequence !== (message.type === "status" ? last : last + 1);
}

/** Read one message; null for anything that is not one. */
export function parseLiveMessage(text: unknown): LiveMessage | null {
  if (typeof text !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isLiveMessage(value) ? value : null;
}

const TYPES: readonly string[] = ["snapshot", "points", "forecast", "status"] satisfies LiveMessage["type"][];

function isLiveMessage(value: unknown): value is LiveMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    TYPES.includes(value.type) &&
    "sequence" in value &&
    typeof value.sequence === "number" &&
    "data" in value &&
    typeof value.data === "object" &&
    value.data !== null
  );
}
