import { useLayoutEffect, useRef, useState } from "react";
import { usePage } from "@/hooks/usePage";
import { type ChartModel, flagText, namedLines, nameOf, rateAt, valueFormat } from "@/lib/chartModel";
import { formatDateTime, zoneName } from "@/lib/time";
import { LineSample } from "./LineSample";
import { placeBeside } from "./placeBeside";
import type { PlotCursor } from "./plotOptions";

const AXIS_WIDTH = 52;

interface ChartTooltipProps {
  model: ChartModel;
  unit: string;
  cursor: PlotCursor;
}

/** The values under the crosshair. For the eye: the crosshair's own value text has the same for a screen reader. */
export function ChartTooltip({ model, unit, cursor }: ChartTooltipProps) {
  const { zone } = usePage();
  const { index } = cursor;
  const lines = namedLines(model, index);
  const time = model.times[index] ?? model.now;
  const box = useRef<HTMLDivElement>(null);
  const [left, setLeft] = useState(0);
  useLayoutEffect(() => {
    if (!box.current) return;
    const { offsetWidth, offsetParent } = box.current;
    setLeft(placeBeside(AXIS_WIDTH + cursor.left, offsetWidth, offsetParent?.clientWidth ?? offsetWidth));
  });
  const shown = lines.filter(({ flag }) => !flag);
  const rates = shown.filter(({ unit }) => unit === undefined);
  const format = valueFormat(
    model,
    rates.flatMap(({ columns }) => columns),
    index,
  );
  return (
    <div
      ref={box}
      aria-hidden
      className="pointer-events-none absolute top-3 z-10 w-max min-w-44 max-w-[min(100%,20rem)] rounded-md border border-line bg-surface/95 p-2.5 text-xs shadow-lg"
      style={{ left }}
    >
      <p className="mb-1.5 whitespace-nowrap text-muted">
        {formatDateTime(time, zone, model.step)} {zoneName(zone, time)}
        {index >= model.futureFrom && " · forecast"}
      </p>
      <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-2 gap-y-1">
        {shown.map((line) => (
          <div key={line.key} className="contents">
            <LineSample line={line} />
            <dt className="text-muted">{nameOf(model, line, line.tooltip, index)}</dt>
            <dd className="text-right font-medium whitespace-nowrap">
              {line.columns.map((column) => format(line, rateAt(model, column, index))).join(" – ")}
            </dd>
          </div>
        ))}
      </dl>
      {lines
        .filter(({ flag }) => flag)
        .map((line) => (
          <p key={line.key} className="mt-1.5 font-medium text-danger">
            {flagText(model, line, line.tooltip, index)}
          </p>
        ))}
      <p className="mt-1.5 text-2xs text-muted">{unit}</p>
    </div>
  );
}
