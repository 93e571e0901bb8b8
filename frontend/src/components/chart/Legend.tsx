import { Select } from "@/components/ui/Select";
import { classes } from "@/lib/classes";
import { countOf } from "@/lib/format";
import { pastName } from "@/lib/names";
import { LineSample } from "./LineSample";
import type { Visible } from "./usePlot";

const ENTRIES: { name: keyof Visible; label: string }[] = [
  { name: "actual", label: "Actual" },
  { name: "lgbmPlus", label: "LGBM+" },
  { name: "band", label: "LGBM+ p10–p90" },
  { name: "lgbm", label: "LGBM" },
];

interface LegendProps {
  visible: Visible;
  anomalies: number;
  onChange: (visible: Visible) => void;
  /** True while a window is open, which is drawn as far as it goes. */
  growing: boolean;
  past: PastChoice;
}

/** Which past forecasts are drawn: of those made so many windows before, or none. */
interface PastChoice {
  horizons: readonly number[];
  windowSeconds: number;
  chosen: number | null;
  onChoose: (horizon: number | null) => void;
}

export function Legend({ visible, anomalies, onChange, growing, past }: LegendProps) {
  return (
    <div className="flex flex-wrap items-center gap-1">
      {ENTRIES.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          aria-pressed={visible[name]}
          onClick={() => onChange({ ...visible, [name]: !visible[name] })}
          className={classes(
            "inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-xs motion-safe:transition-colors hover:bg-inset",
            visible[name] ? "text-ink" : "text-muted line-through [&_svg]:opacity-30",
          )}
        >
          <LineSample of={name} />
          {label}
        </button>
      ))}
      {growing && <Mark className="border-[1.5px] border-series-actual bg-surface">open window so far</Mark>}
      {anomalies > 0 && (
        <Mark className="bg-series-anomaly">{countOf(anomalies, "anomaly", "anomalies")}</Mark>
      )}
      <PastSelect {...past} />
    </div>
  );
}

function Mark({ className, children }: { className: string; children: string }) {
  return (
    <span className="inline-flex h-7 items-center gap-1.5 px-2 text-xs">
      <span aria-hidden className={classes("size-2 rounded-full", className)} />
      {children}
    </span>
  );
}

/** One window before is the line of LGBM+ itself, so only the longer horizons are offered. */
function PastSelect({ horizons, windowSeconds, chosen, onChoose }: PastChoice) {
  return (
    <span className="inline-flex items-center gap-1.5 sm:ml-auto">
      {chosen !== null && <LineSample of="past" />}
      <Select
        size="small"
        aria-label="Past forecasts"
        value={chosen ?? ""}
        onChange={(event) => onChoose(event.target.value ? Number(event.target.value) : null)}
      >
        <option value="">Past forecasts: off</option>
        {horizons.slice(1).map((horizon) => (
          <option key={horizon} value={horizon}>
            {pastName(horizon * windowSeconds)}
          </option>
        ))}
      </Select>
    </span>
  );
}
