export type SampleName = "actual" | "lgbmPlus" | "lgbm" | "past" | "band";

const LINES: Record<Exclude<SampleName, "band">, { stroke: string; dash?: string }> = {
  actual: { stroke: "stroke-series-actual" },
  lgbmPlus: { stroke: "stroke-series-lgbm-plus", dash: "5 3" },
  lgbm: { stroke: "stroke-series-lgbm", dash: "2 2.5" },
  past: { stroke: "stroke-series-past", dash: "7 2 1.5 2" },
};

/** A bit of the line as the chart draws it, so that dashes tell the series apart without colour. */
export function LineSample({ of }: { of: SampleName }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 20 10" className="h-2.5 w-5 shrink-0">
      {of === "band" ? (
        <rect width="20" height="10" rx="2" className="fill-series-band" />
      ) : (
        <line
          x1="0"
          x2="20"
          y1="5"
          y2="5"
          strokeWidth="2"
          strokeDasharray={LINES[of].dash}
          className={LINES[of].stroke}
        />
      )}
    </svg>
  );
}
