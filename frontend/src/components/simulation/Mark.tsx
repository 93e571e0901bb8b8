import type { PolicyKind } from "@/api/types";
import { KINDS, type Shape } from "@/lib/outcomes";

const PATHS: Record<Shape, string> = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  square: "M-4.5 -4.5h9v9h-9z",
  diamond: "M0 -6L6 0L0 6L-6 0z",
  triangle: "M0 -6L5.5 4.5H-5.5z",
  cross: "M-5 -5L5 5M5 -5L-5 5",
};

/** The mark of a kind of policy, around 0. */
export function Mark({ kind }: { kind: PolicyKind }) {
  const { shape, token } = KINDS[kind];
  const open = shape === "cross";
  return (
    <path
      d={PATHS[shape]}
      style={{ fill: open ? "none" : `var(${token})`, stroke: open ? `var(${token})` : "var(--surface)" }}
      strokeWidth={open ? 2.5 : 1.5}
    />
  );
}

/** What the marks of a picture mean. */
export function MarkLegend({ kinds }: { kinds: readonly PolicyKind[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      {kinds.map((kind) => (
        <li key={kind} className="inline-flex items-center gap-1.5">
          <svg aria-hidden="true" viewBox="-7 -7 14 14" className="size-3.5 forced-color-adjust-none">
            <Mark kind={kind} />
          </svg>
          {KINDS[kind].label}
        </li>
      ))}
      <li className="inline-flex items-center gap-1.5">
        <svg aria-hidden="true" viewBox="0 0 20 10" className="h-2.5 w-5 forced-color-adjust-none">
          <path d="M0 5H20" style={{ stroke: "var(--muted)" }} strokeWidth="1.5" strokeDasharray="4 4" />
        </svg>
        the edge: demand known
      </li>
    </ul>
  );
}
