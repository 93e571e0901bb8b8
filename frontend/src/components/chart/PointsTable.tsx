import type { ReactNode } from "react";
import { type ChartModel, SERIES } from "@/lib/chartModel";
import { classes } from "@/lib/classes";
import { formatRate, RATE_UNIT } from "@/lib/format";
import { formatDateTime, type Zone, zoneName } from "@/lib/time";

const COLUMNS = [
  { name: "actual", label: "Actual" },
  { name: "lgbmPlus", label: "LGBM+" },
  { name: "p10", label: "p10" },
  { name: "p90", label: "p90" },
  { name: "lgbm", label: "LGBM" },
] as const;

interface PointsTableProps {
  model: ChartModel;
  zone: Zone;
  /** Null where no past forecasts are shown. */
  pastLabel: string | null;
}

/** What the chart draws, as rows, the newest first. */
export function PointsTable({ model, zone, pastLabel }: PointsTableProps) {
  const [times] = model.columns;
  const columns = [...COLUMNS, ...(pastLabel === null ? [] : [{ name: "past", label: pastLabel } as const])];
  const rows = times.map((_, index) => index).reverse();
  return (
    <section
      tabIndex={0}
      aria-label="Points of the chart"
      className="h-[clamp(17rem,calc(100dvh-25rem),40rem)] overflow-auto"
    >
      <table className="w-full border-separate border-spacing-0 text-xs">
        <caption className="sr-only">Request rate and forecasts, {RATE_UNIT}</caption>
        <thead>
          <tr>
            <HeadCell align="left">Time ({zoneName(zone)})</HeadCell>
            {columns.map(({ name, label }) => (
              <HeadCell key={name} align="right">
                {label}
              </HeadCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((index) => (
            <tr key={times[index]} className={classes(index >= model.futureFrom && "bg-inset")}>
              <th
                scope="row"
                className="border-b border-line px-3 py-1 text-left font-normal whitespace-nowrap"
              >
                {formatDateTime(times[index] ?? model.now, zone, model.step)}
                {index >= model.futureFrom && <span className="text-muted"> forecast</span>}
                {model.columns[SERIES.growing][index] != null && (
                  <span className="text-muted">
                    , so far {formatRate(model.columns[SERIES.growing][index])}
                  </span>
                )}
                {model.columns[SERIES.anomaly][index] != null && (
                  <span className="text-danger"> anomaly</span>
                )}
              </th>
              {columns.map(({ name }) => (
                <td key={name} className="border-b border-line px-3 py-1 text-right">
                  {formatRate(model.columns[SERIES[name]][index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function HeadCell({ align, children }: { align: "left" | "right"; children: ReactNode }) {
  return (
    <th
      scope="col"
      className={classes(
        "sticky top-0 border-b border-line bg-surface px-3 py-1.5 font-medium text-muted",
        align === "left" ? "text-left" : "text-right",
      )}
    >
      {children}
    </th>
  );
}
