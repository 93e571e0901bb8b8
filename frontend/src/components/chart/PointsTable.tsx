import type { ReactNode } from "react";
import { usePage } from "@/hooks/usePage";
import type { ChartLine, ChartWindow } from "@/lib/chartLines";
import { type ChartModel, flagText, rateAt, valueFormat } from "@/lib/chartModel";
import { classes } from "@/lib/classes";
import { formatRate, RATE_UNIT } from "@/lib/format";
import { formatDateTime, zoneName } from "@/lib/time";
import { CHART_HEIGHT } from "./ChartStates";

/** What the chart draws, as rows, the newest first. */
export function PointsTable({ model }: { model: ChartModel }) {
  const { zone } = usePage();
  const { times, futureFrom } = model;
  const columns = model.lines
    .filter(({ kind }) => kind !== "dots")
    .flatMap((line) => line.columns.map((column) => ({ line, column })));
  const rates = columns.filter(({ line }) => line.unit === undefined).map(({ column }) => column);
  const rows = times.map((_, index) => index).reverse();
  return (
    <section tabIndex={0} aria-label="Points of the chart" className={`${CHART_HEIGHT} overflow-auto`}>
      <table className="w-full border-separate border-spacing-0 text-xs">
        <caption className="sr-only">Request rate and forecasts, {RATE_UNIT}</caption>
        <thead>
          <tr>
            <HeadCell align="left">Time ({zoneName(zone, model.now)})</HeadCell>
            {columns.map(({ column }) => (
              <HeadCell key={column.key} align="right">
                {column.label}
              </HeadCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((index) => {
            const format = valueFormat(model, rates, index);
            return (
              <tr key={times[index]} className={classes(index >= futureFrom && "bg-inset")}>
                <th
                  scope="row"
                  className="border-b border-line px-3 py-1 text-left font-normal whitespace-nowrap"
                >
                  {formatDateTime(times[index] ?? model.now, zone, model.step)}
                  {index >= futureFrom && <span className="text-muted"> forecast</span>}
                  <Remarks model={model} index={index} />
                </th>
                {columns.map(({ line, column }) => (
                  <td key={column.key} className="border-b border-line px-3 py-1 text-right">
                    {format(line, rateAt(model, column, index))}
                    {line.kind === "line" && <ModelName line={line} window={model.windows[index]} />}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Of a line that several models share, whose forecast this one is. */
function ModelName({ line, window }: { line: ChartLine; window: ChartWindow | undefined }) {
  const name = window && line.of?.(window);
  return name && <span className="text-muted"> {name}</span>;
}

/** What the chart draws as dots at a window. */
function Remarks({ model, index }: { model: ChartModel; index: number }) {
  return model.lines
    .filter(({ kind }) => kind === "dots")
    .flatMap((line) =>
      line.columns.map((column) => {
        const rate = rateAt(model, column, index);
        if (rate === null) return null;
        return (
          <span
            key={column.key}
            className={line.flag ? "block max-w-64 whitespace-normal text-danger" : "text-muted"}
          >
            {line.flag
              ? ` ${flagText(model, line, line.spoken ?? "", index)}`
              : `, ${line.spoken} ${formatRate(rate)}`}
          </span>
        );
      }),
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
