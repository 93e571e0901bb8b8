import { type ChartModel, SERIES } from "@/lib/chartModel";
import { formatRate, RATE_UNIT } from "@/lib/format";
import { formatDateTime, type Zone, zoneName } from "@/lib/time";
import { LineSample, type SampleName } from "./LineSample";
import type { PlotCursor } from "./plotOptions";

const AXIS_WIDTH = 52;
const DISTANCE = 14;

interface ChartTooltipProps {
  model: ChartModel;
  cursor: PlotCursor;
  zone: Zone;
  /** What the line of past forecasts is called. */
  pastLabel: string;
}

/** The values under the crosshair. For the eye: the crosshair's own value text says the same to a screen reader. */
export function ChartTooltip({ model, cursor, zone, pastLabel }: ChartTooltipProps) {
  const { index, left, width } = cursor;
  const at = (column: keyof typeof SERIES) => model.columns[SERIES[column]][index] ?? null;
  const future = index >= model.futureFrom;
  const onLeft = left > width / 2;
  const x = AXIS_WIDTH + left;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-3 z-10 min-w-44 rounded-md border border-line bg-surface/95 p-2.5 text-xs shadow-lg"
      style={onLeft ? { right: `calc(100% - ${x - DISTANCE}px)` } : { left: x + DISTANCE }}
    >
      <p className="mb-1.5 whitespace-nowrap text-muted">
        {formatDateTime(model.columns[0][index] ?? model.now, zone, model.step)} {zoneName(zone)}
        {future && " · forecast"}
      </p>
      <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-2 gap-y-1">
        {!future && <Value sample="actual" name="Actual" value={formatRate(at("actual"))} />}
        {at("growing") !== null && <Value sample="actual" name="So far" value={formatRate(at("growing"))} />}
        <Value sample="lgbmPlus" name="LGBM+" value={formatRate(at("lgbmPlus"))} />
        <Value sample="band" name="p10–p90" value={`${formatRate(at("p10"))} – ${formatRate(at("p90"))}`} />
        <Value sample="lgbm" name="LGBM" value={formatRate(at("lgbm"))} />
        {at("past") !== null && <Value sample="past" name={pastLabel} value={formatRate(at("past"))} />}
      </dl>
      {at("anomaly") !== null && <p className="mt-1.5 font-medium text-danger">Anomaly</p>}
      <p className="mt-1.5 text-2xs text-muted">{RATE_UNIT}</p>
    </div>
  );
}

function Value({ sample, name, value }: { sample: SampleName; name: string; value: string }) {
  return (
    <>
      <LineSample of={sample} />
      <dt className="text-muted">{name}</dt>
      <dd className="text-right font-medium whitespace-nowrap">{value}</dd>
    </>
  );
}
