import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import type { Forecast, ForecastPoint } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { forecastAt } from "@/lib/chartModel";
import { formatDuration, formatPercent, formatRate, RATE_UNIT } from "@/lib/format";
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

/** What model1 expects one horizon ahead, with its band and its trend against now. */
export function HorizonTile({ horizon, windowSeconds, forecast, current }: HorizonTileProps) {
  const point = forecast ? forecastAt(forecast, "lgbm_plus", horizon) : null;
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
  return null;
}

function Trend({ point, current }: { point: ForecastPoint; current: number | null }) {
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
