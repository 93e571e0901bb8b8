import { classes } from "@/lib/classes";
import { LineSample, type SampleName } from "./LineSample";
import type { Visible } from "./usePlot";

const ENTRIES: { name: SampleName; label: string }[] = [
  { name: "actual", label: "Actual" },
  { name: "lgbmPlus", label: "LGBM+" },
  { name: "band", label: "LGBM+ p10–p90" },
  { name: "lgbm", label: "LGBM" },
];

interface LegendProps {
  visible: Visible;
  anomalies: number;
  onChange: (visible: Visible) => void;
}

export function Legend({ visible, anomalies, onChange }: LegendProps) {
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
      {anomalies > 0 && (
        <span className="inline-flex h-7 items-center gap-1.5 px-2 text-xs">
          <span aria-hidden className="size-2 rounded-full bg-series-anomaly" />
          {anomalies === 1 ? "1 anomaly" : `${anomalies} anomalies`}
        </span>
      )}
    </div>
  );
}
