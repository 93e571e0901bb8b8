import type { ChartDataPoint } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { formatPercent, formatRate, formatRateWithUnit, RATE_UNIT } from "@/lib/format";
import { formatDateTime, toSeconds, type Zone } from "@/lib/time";
import { Tile } from "./Tile";

interface RateTileProps {
  /** The newest window whose rate is known; undefined while loading, null where there is none. */
  point: ChartDataPoint | null | undefined;
  windowSeconds: number;
  zone: Zone;
}

/** The newest known rate, and how far it lies from what was forecast for it. */
export function RateTile({ point, windowSeconds, zone }: RateTileProps) {
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
