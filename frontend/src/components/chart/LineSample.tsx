import type { ChartLine } from "@/lib/chartLines";

/** Dashes of a sample beside those of the chart, whose lines are longer. */
const DASH_SCALE = 0.75;

/** A bit of the line as the chart draws it, so that dashes tell the lines apart without colour. */
export function LineSample({ line }: { line: ChartLine }) {
  const colour = `var(${line.token})`;
  const dashes = line.dash?.map((length) => length * DASH_SCALE).join(" ");
  if (line.kind === "dots")
    return (
      <svg
        aria-hidden="true"
        viewBox="0 0 8 8"
        className="size-2 shrink-0 justify-self-center forced-color-adjust-none"
      >
        <circle
          cx="4"
          cy="4"
          r="3.25"
          strokeWidth="1.5"
          style={{ stroke: colour, fill: line.hollow ? "var(--surface)" : colour }}
        />
      </svg>
    );
  return (
    <svg aria-hidden="true" viewBox="0 0 20 10" className="h-2.5 w-5 shrink-0 forced-color-adjust-none">
      {line.kind === "band" ? (
        <rect width="20" height="10" rx="2" style={{ fill: colour }} />
      ) : line.kind === "lane" ? (
        <path d="M0 10V7h6V3h7v3h7v4z" style={{ fill: colour, fillOpacity: 0.45 }} />
      ) : line.kind === "steps" ? (
        <path
          d="M0 8h7V2h6v4h7"
          fill="none"
          strokeWidth="2"
          strokeDasharray={dashes}
          style={{ stroke: colour }}
        />
      ) : (
        <line
          x1="0"
          x2="20"
          y1="5"
          y2="5"
          strokeWidth="2"
          strokeDasharray={dashes}
          style={{ stroke: colour }}
        />
      )}
    </svg>
  );
}
