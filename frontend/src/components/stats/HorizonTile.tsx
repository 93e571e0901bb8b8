import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import type { Forecast, ServedPoint } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { formatDuration, formatPercent, formatRate, RATE_UNIT } from "@/lib/format";
import { PREFERRED, scoredName } from "@/lib/names";
import { Tile } from "./Tile";

const TRENDS = {
  up: { icon: ArrowUpRight, text: "up" },
  down: { icon: ArrowDownRight, text: "down" },
  flat: { icon: ArrowRight, text: "flat" },
};

interface HorizonTileProps {
  horizon: number;
  windowSeconds: number;
  /** Undefined while loading, null where no forecast was made. */
  forecast: Forecast | null | undefined;
  current: number | null;
}

/** The served forecast one horizon ahead, with its band, its trend against now, and whose it is. */
export function HorizonTile({ horizon, windowSeconds, forecast, current }: HorizonTileProps) {
  const point = forecast ? servedAt(forecast, horizon) : null;
  return (
    <Tile
      title={`Forecast in ${formatDuration(horizon * windowSeconds)}`}
      aside={forecast && <ForecastBadge forecast={forecast} />}
    >
      {forecast === undefined ? (
        <Skeleton className="mt-2 h-14 w-32" />
      ) : (
        <>
          <p className="mt-1 text-2xl font-semibold tracking-tight">
            {formatRate(point?.mean)} <span className="text-sm font-normal text-muted">{RATE_UNIT}</span>
          </p>
          {point ? (
            <>
              <Trend point={point} current={current} />
              <p className="text-xs text-muted">
                p10–p90 {formatRate(point.p10)} – {formatRate(point.p90)}
              </p>
            </>
          ) : (
            <p className="mt-1 text-xs text-muted">No forecast was made from here.</p>
          )}
        </>
      )}
    </Tile>
  );
}

function ForecastBadge({ forecast }: { forecast: Forecast }) {
  if (forecast.warming_up) return <Badge tone="warn">warming up</Badge>;
  if (forecast.stale && forecast.status !== "historic") return <Badge tone="warn">stale</Badge>;
  if (!forecast.served) return null;
  const { model, reason } = forecast.served;
  return (
    <Badge tone={model === PREFERRED ? "neutral" : "accent"} title={reason}>
      {scoredName(model)}
    </Badge>
  );
}

/** Where nothing was served, because nothing is known of the series any more, LGBM+ speaks. */
function servedAt(forecast: Forecast, horizon: number): ServedPoint | null {
  const points: ServedPoint[] = forecast.served?.points ?? forecast.points.filter(isPreferred);
  return points.find((point) => point.horizon === horizon) ?? null;
}

function isPreferred({ model }: { model: string }): boolean {
  return model === PREFERRED;
}

function Trend({ point, current }: { point: ServedPoint; current: number | null }) {
  const { icon: Icon, text } = TRENDS[point.trend];
  const share = current ? point.mean / current - 1 : null;
  return (
    <p className="mt-1 flex items-center gap-1 text-xs text-ink">
      <Icon aria-hidden className="size-3.5 text-muted" />
      {text}
      {point.trend !== "flat" && share !== null && ` ${formatPercent(share)}`} against now
    </p>
  );
}
