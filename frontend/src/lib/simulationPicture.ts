import type { Outcome } from "@/api/types";
import { groupBy } from "./groupBy";
import type { Shortage } from "./outcomes";

/** Numbers to places, and the ticks between; places in CSS pixels. */
interface Scale {
  place: (value: number) => number;
  ticks: readonly number[];
}

const TICKS = 5;
/** From here on a linear axis would press most points together. */
const FAR_APART = 10;
/** Of a shortage axis the share below its least decade, at whose foot lies what was never short. */
const FOOT = 0.08;

/** Costs: linear, or by decades where the dearest is ten times the cheapest. */
export function costScale(values: readonly number[], from: number, to: number): Scale {
  const known = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return linearScale(0, 1, from, to);
  return high / low > FAR_APART ? logarithmicScale(low, high, from, to) : linearScale(low, high, from, to);
}

/** What was short: by decades, 0 apart at the foot. */
export function shortageScale(values: readonly number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0);
  const foot = from + (to - from) * FOOT;
  const low = Math.min(1, ...positive);
  const decades = logarithmicScale(low, Math.max(10 * low, ...positive), foot, to);
  return {
    place: (value) => (value > 0 ? decades.place(value) : from),
    ticks: [0, ...decades.ticks],
  };
}

function linearScale(low: number, high: number, from: number, to: number): Scale {
  const step = roundStep((high - low || high || 1) / TICKS);
  const first = step * Math.floor(low / step);
  const last = Math.max(step * Math.ceil(high / step), first + step);
  return {
    place: (value) => from + ((to - from) * (value - first)) / (last - first),
    ticks: Array.from({ length: Math.round((last - first) / step) + 1 }, (_, index) => first + index * step),
  };
}

function logarithmicScale(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1);
  return {
    place: (value) => from + ((to - from) * (Math.log10(value) - first)) / (last - first),
    ticks: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
  };
}

/** 1, 2 or 5 times a power of ten, at least so much. */
function roundStep(least: number): number {
  const size = 10 ** Math.floor(Math.log10(least));
  return size * ([1, 2, 5, 10].find((factor) => factor * size >= least * (1 - 1e-9)) ?? 10);
}

export interface Place {
  x: number;
  y: number;
}

/** What the picture draws, in CSS pixels. */
export interface Picture {
  across: Scale;
  up: Scale;
  points: { outcome: Outcome; at: Place; label: Label | null }[];
  /** Policies that differ in one number, joined. */
  sweeps: { name: string; kind: Outcome["kind"]; line: readonly Place[] }[];
  /** The least that would have been paid for what each left short, had the demand been known. */
  edge: readonly Place[];
}

interface Label extends Place {
  anchor: "start" | "end";
}

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** `first`: the policies whose names must stand; the others' where there is room. */
export function pictureOf(
  outcomes: readonly Outcome[],
  shortage: Shortage,
  frame: Frame,
  first: readonly (string | undefined)[],
): Picture {
  const hours = outcomes.flatMap(({ replica_hours, oracle_replica_hours }) => [
    replica_hours,
    oracle_replica_hours,
  ]);
  const across = costScale(hours, frame.left, frame.right);
  const up = shortageScale(
    outcomes.map((outcome) => outcome[shortage]),
    frame.bottom,
    frame.top,
  );
  const place = (cost: number, short: number) => ({ x: across.place(cost), y: up.place(short) });
  const at = (outcome: Outcome) => place(outcome.replica_hours, outcome[shortage]);
  const byCost = [...outcomes].sort((one, other) => one.replica_hours - other.replica_hours);
  const labels = labelsOf(byCost, at, frame, first);
  return {
    across,
    up,
    points: byCost.map((outcome) => ({
      outcome,
      at: at(outcome),
      label: labels.get(outcome.policy) ?? null,
    })),
    sweeps: groupBy(byCost, ({ sweep }) => sweep).flatMap((swept) => {
      const [{ sweep, kind }] = swept;
      return sweep === null ? [] : [{ name: sweep, kind, line: swept.map(at) }];
    }),
    edge: [...outcomes]
      .sort((one, other) => one[shortage] - other[shortage])
      .map((outcome) => place(outcome.oracle_replica_hours, outcome[shortage])),
  };
}

/** How far off a point may be clicked: half of the 24 pixels that a target has, and a point's own size. */
const REACH = 18;

/** The point that is meant at a place; of those at one place the first. */
export function nearestPoint({ points }: Pick<Picture, "points">, { x, y }: Place) {
  let nearest: Picture["points"][number] | null = null;
  let least = REACH;
  for (const point of points) {
    const distance = Math.hypot(point.at.x - x, point.at.y - y);
    if (distance < least) [nearest, least] = [point, distance];
  }
  return nearest;
}

const CHARACTER = 6.2;
const LINE = 13;
const BESIDE = 10;

/** Names beside their points, where they cover neither another name nor another point. */
function labelsOf(
  outcomes: readonly Outcome[],
  at: (outcome: Outcome) => Place,
  frame: Frame,
  first: readonly (string | undefined)[],
): Map<string, Label> {
  const labels = new Map<string, Label>();
  const taken = outcomes.map((outcome) => boxAround(at(outcome)));
  const firstPlace = ({ policy }: Outcome) => (first.includes(policy) ? first.indexOf(policy) : first.length);
  for (const outcome of [...outcomes].sort((one, other) => firstPlace(one) - firstPlace(other))) {
    const { x, y } = at(outcome);
    const width = outcome.label.length * CHARACTER;
    const places: Label[] = [
      { x: x + BESIDE, y: y - 5, anchor: "start" },
      { x: x + BESIDE, y: y + 13, anchor: "start" },
      { x: x - BESIDE, y: y - 5, anchor: "end" },
      { x: x - BESIDE, y: y + 13, anchor: "end" },
    ];
    for (const label of places) {
      const left = label.anchor === "start" ? label.x : label.x - width;
      const box = { left, right: left + width, top: label.y - LINE + 3, bottom: label.y + 3 };
      const inside = box.left >= frame.left && box.right <= frame.right + BESIDE && box.top >= 0;
      if (!inside || box.bottom > frame.bottom + 3 || taken.some((other) => overlap(box, other))) continue;
      labels.set(outcome.policy, label);
      taken.push(box);
      break;
    }
  }
  return labels;
}

function boxAround({ x, y }: Place): Frame {
  return { left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 };
}

function overlap(one: Frame, other: Frame): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
