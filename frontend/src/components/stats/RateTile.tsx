import type { ChartDataPoint, GrowingWindow } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { formatDuration, formatPercent, formatRate, formatRateWithUnit, RATE_UNIT } from "@/lib/format";
import { formatDateTime, toSeconds, type Zone } from "@/lib/time";
import { Tile } from "./Tile";

interface RateTileProps {
  /** The newest window whose rate is known; undefined while loading, null where there is none. */
  point: ChartDataPoint | null | undefined;
  /** The window that is still open; null for what is not fed. */
  growing: GrowingWindow | null;
  windowSeconds: number;
  zone: Zone;
}

/** The newest known rate, how far it lies from what was forecast for it, and what the open window has so far. */
export function RateTile({ point, growing, windowSeconds, zone }: RateTileProps) {
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
              <p className="mt-1 text-xs text-muted">{residual(point)}</p>
              <p className="text-xs text-muted">
                at {formatDateTime(toSeconds(point.timestamp), zone, windowSeconds)}
              </p>
            </>
          ) : (
            <p className="mt-1 text-xs text-muted">No known window here.</p>
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

function residual({ actual_rps: actual, predicted_rps_model1: predicted }: ChartDataPoint): string {
  if (actual === null || predicted === null) return "no forecast was made for it";
  const forecast = `forecast was ${formatRateWithUnit(predicted)}`;
  if (predicted <= 0) return forecast;
  const share = actual / predicted - 1;
  if (Math.abs(share) < 0.0005) return forecast;
  return `${formatPercent(share)} ${share > 0 ? "above" : "below"} its forecast`;
}
