import { type KeyboardEvent, type MouseEvent, useRef, useState } from "react";
import type { Outcome, SimulationResult } from "@/api/types";
import { Segments } from "@/components/ui/Segments";
import { useWidth } from "@/hooks/useWidth";
import { formatQuantity, formatTick } from "@/lib/format";
import { KINDS, SHORTAGES, type Shortage } from "@/lib/outcomes";
import {
  type Picture as Drawn,
  type Frame,
  nearestPoint,
  type Place,
  pictureOf,
} from "@/lib/simulationPicture";
import { Mark, MarkLegend } from "./Mark";
import { PointTooltip } from "./PointTooltip";

const HEIGHT = 380;
const FIRST_WIDTH = 640;

interface PictureProps {
  result: SimulationResult;
  shortage: Shortage;
  onShortage: (shortage: Shortage) => void;
  selected: string | undefined;
  compared: string | null;
  onSelect: (policy: string) => void;
}

/** Cost against shortage, a point a policy. The table has the same figures. */
export function Picture({ result, shortage, onShortage, selected, compared, onSelect }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, FIRST_WIDTH);
  const [pointed, setPointed] = useState<string | null>(null);
  const frame: Frame = { left: 56, right: width - 16, top: 14, bottom: HEIGHT - 46 };
  const { policies } = result;
  const first = [selected, compared ?? undefined, "model", "hpa", "oracle"];
  const drawn = pictureOf(policies, shortage, frame, first);
  // Points may lie on top of each other: the one that is meant is the nearest.
  const policyAt = ({ clientX, clientY, currentTarget }: MouseEvent<SVGSVGElement>) => {
    const { left, top } = currentTarget.getBoundingClientRect();
    return nearestPoint(drawn, { x: clientX - left, y: clientY - top })?.outcome.policy ?? null;
  };
  const told = drawn.points.find(({ outcome }) => outcome.policy === pointed);
  const kinds = [...new Set(policies.map(({ kind }) => kind))];
  return (
    <section aria-labelledby="simulation-picture" className="min-w-0">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h3 id="simulation-picture" className="text-xs font-semibold">
          Cost against shortage
        </h3>
        <Segments label="Shortage in" value={shortage} options={SHORTAGES} onChange={onShortage} />
      </div>
      <div ref={box} className="relative min-w-0">
        <svg
          aria-hidden="true"
          viewBox={`0 0 ${width} ${HEIGHT}`}
          height={HEIGHT}
          className="block w-full text-2xs forced-color-adjust-none"
        >
          <Axes drawn={drawn} frame={frame} shortage={shortage} />
          <polyline
            points={joined(drawn.edge)}
            fill="none"
            strokeDasharray="4 4"
            style={{ stroke: "var(--muted)" }}
          />
          {drawn.sweeps.map(({ name, kind, line }) => (
            <polyline
              key={name}
              points={joined(line)}
              fill="none"
              strokeWidth="1.5"
              style={{ stroke: `var(${KINDS[kind].token})` }}
            />
          ))}
          <Labels drawn={drawn} selected={selected} />
        </svg>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the points have keys of their own */}
        <svg
          role="group"
          aria-label={`Replica-hours against ${SHORTAGES[shortage].unit}, a point a policy. Arrow keys go from point to point.`}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          className="absolute inset-0 size-full forced-color-adjust-none"
          style={{ cursor: pointed ? "pointer" : undefined }}
          onPointerMove={(event) => setPointed(policyAt(event))}
          onPointerLeave={() => setPointed(null)}
          onClick={(event) => {
            const policy = policyAt(event);
            if (policy !== null) onSelect(policy);
          }}
        >
          <Points {...{ drawn, shortage, selected, compared, onSelect }} onPoint={setPointed} />
        </svg>
        {told && <PointTooltip outcome={told.outcome} at={told.at} />}
      </div>
      <MarkLegend kinds={kinds} />
    </section>
  );
}

function joined(places: readonly Place[]): string {
  return places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

function Axes({ drawn, frame, shortage }: { drawn: Drawn; frame: Frame; shortage: Shortage }) {
  const { left, right, top, bottom } = frame;
  return (
    <g style={{ fill: "var(--muted)" }}>
      {drawn.across.ticks.map((tick) => {
        const x = drawn.across.place(tick);
        return (
          <g key={tick}>
            <line x1={x} x2={x} y1={top} y2={bottom} style={{ stroke: "var(--chart-grid)" }} />
            <text x={x} y={bottom + 16} textAnchor="middle">
              {formatTick(tick)}
            </text>
          </g>
        );
      })}
      {drawn.up.ticks.map((tick) => {
        const y = drawn.up.place(tick);
        return (
          <g key={tick}>
            <line x1={left} x2={right} y1={y} y2={y} style={{ stroke: "var(--chart-grid)" }} />
            <text x={left - 6} y={y + 4} textAnchor="end">
              {formatTick(tick)}
            </text>
          </g>
        );
      })}
      <path d={`M${left} ${top}V${bottom}H${right}`} fill="none" style={{ stroke: "var(--control)" }} />
      <text x={(left + right) / 2} y={bottom + 36} textAnchor="middle">
        replica-hours
      </text>
      <text transform={`translate(12 ${(top + bottom) / 2}) rotate(-90)`} textAnchor="middle">
        {SHORTAGES[shortage].unit}
      </text>
    </g>
  );
}

function Labels({ drawn, selected }: { drawn: Drawn; selected: string | undefined }) {
  return (
    <g>
      {drawn.points.map(
        ({ outcome: { policy, label: name }, label }) =>
          label && (
            <text
              key={policy}
              x={label.x}
              y={label.y}
              textAnchor={label.anchor}
              strokeWidth="3"
              strokeLinejoin="round"
              paintOrder="stroke"
              style={{
                stroke: "var(--surface)",
                fill: policy === selected ? "var(--series-served)" : "var(--muted)",
                fontWeight: policy === selected ? 600 : 400,
              }}
            >
              {name}
            </text>
          ),
      )}
    </g>
  );
}

interface PointsProps {
  drawn: Drawn;
  shortage: Shortage;
  selected: string | undefined;
  compared: string | null;
  onSelect: (policy: string) => void;
  onPoint: (policy: string | null) => void;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** One stop of the Tab key: the arrow keys go from the cheapest to the dearest. */
function Points({ drawn, shortage, selected, compared, onSelect, onPoint }: PointsProps) {
  const { points } = drawn;
  const elements = useRef(new Map<string, SVGGElement>());
  const [focused, setFocused] = useState<string | null>(null);
  const stop = [focused, selected].find((key) => points.some(({ outcome }) => outcome.policy === key));
  const onKeyDown = (event: KeyboardEvent, index: number, policy: string) => {
    const step = STEPS[event.key];
    const ends: Record<string, number> = { Home: 0, End: points.length - 1 };
    const next = step === undefined ? ends[event.key] : index + step;
    if (event.key === "Escape") return onPoint(null);
    if (event.key === "Enter" || event.key === " ") onSelect(policy);
    else if (next === undefined) return;
    else elements.current.get(points[next]?.outcome.policy ?? "")?.focus();
    event.preventDefault();
  };
  return points.map(({ outcome, at }, index) => {
    const { policy, kind } = outcome;
    return (
      <g
        key={policy}
        ref={(element) => {
          if (element) elements.current.set(policy, element);
          else elements.current.delete(policy);
        }}
        role="button"
        tabIndex={policy === (stop ?? points[0]?.outcome.policy) ? 0 : -1}
        aria-label={pointText(outcome, shortage)}
        aria-pressed={policy === selected}
        transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}
        className="pointer-events-none"
        onClick={(event) => {
          event.stopPropagation(); // asked for by name, not by a place
          onSelect(policy);
        }}
        onKeyDown={(event) => onKeyDown(event, index, policy)}
        onFocus={() => {
          setFocused(policy);
          onPoint(policy);
        }}
        onBlur={() => onPoint(null)}
      >
        {(policy === selected || policy === compared) && (
          <circle
            r="9.5"
            fill="none"
            strokeWidth="2"
            strokeDasharray={policy === selected ? undefined : "3 2.5"}
            style={{ stroke: "var(--series-served)" }}
          />
        )}
        <Mark kind={kind} />
      </g>
    );
  });
}

/** "HPA: 195 replica-hours, 4 minutes short". */
function pointText({ label, replica_hours, ...outcome }: Outcome, shortage: Shortage): string {
  const short = `${formatQuantity(outcome[shortage])} ${SHORTAGES[shortage].unit}`;
  return `${label}: ${formatQuantity(replica_hours)} replica-hours, ${short}`;
}
