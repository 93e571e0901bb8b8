import type { ChartDataPoint, GrowingWindow } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { useLimits, usePage } from "@/hooks/usePage";
import { formatChange, formatDuration, formatRate, formatRateWithUnit, RATE_UNIT } from "@/lib/format";
import { preferredModel } from "@/lib/names";
import { modelRate } from "@/lib/points";
import { formatDateTime, toSeconds } from "@/lib/time";
import { Tile } from "./Tile";

interface RateTileProps {
  /** The newest window whose rate is known; undefined while loading, null where there is none. */
  point: ChartDataPoint | null | undefined;
  /** The window that is still open; null for what is not fed. */
  growing: GrowingWindow | null;
  windowSeconds: number;
}

/** The newest known rate, how far it lies from its forecast, and what the open window has so far. */
export function RateTile({ point, growing, windowSeconds }: RateTileProps) {
  const { zone } = usePage();
  const preferred = preferredModel(useLimits());
  return (
    <Tile title="Current rate" aside={point?.anomaly && <Badge tone="danger">anomaly</Badge>}>
      {point === undefined ? (
        <Skeleton className="mt-2 h-14 w-32" />
      ) : (
        <>
          <p className="mt-1 text-2xl font-semibold tracking-tight">
            {formatRate(point?.actual_rps)}{" "}
            <span className="text-sm font-normal text-muted">{RATE_UNIT}</span>
          </p>
          {point ? (
            <>
              <p className="mt-1 text-xs text-muted">
                {residualText(point.actual_rps, modelRate(point, preferred.column), preferred.label)}
              </p>
              <p className="text-xs text-muted">
                at {formatDateTime(toSeconds(point.timestamp), zone, windowSeconds)}
              </p>
            </>
          ) : (
            <p className="mt-1 text-xs text-muted">No window with a known rate.</p>
          )}
          {growing && (
            <p className="text-xs text-muted">
              open window: {formatRate(growing.rps)} after{" "}
              {formatDuration(Math.round(growing.elapsed_seconds))}
            </p>
          )}
        </>
      )}
    </Tile>
  );
}

function residualText(actual: number | null, predicted: number | null, model: string): string {
  if (actual === null || predicted === null) return `no forecast of ${model} for this window`;
  const forecast = `${model} forecast ${formatRateWithUnit(predicted)}`;
  if (predicted <= 0) return forecast;
  const share = actual / predicted - 1;
  if (Math.abs(share) < 0.0005) return forecast;
  return `${formatChange(share)} ${share > 0 ? "above" : "below"} the forecast of ${model}`;
}
