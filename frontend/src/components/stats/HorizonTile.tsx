import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import type { Forecast, ForecastPoint, Limits, ServedPoint } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Skeleton } from "@/components/ui/Skeleton";
import { useLimits } from "@/hooks/usePage";
import { formatChange, formatDuration, RATE_UNIT, rateFormat } from "@/lib/format";
import { labelOf, preferredModel } from "@/lib/names";
import { Tile } from "./Tile";

const TRENDS = {
  up: { icon: ArrowUpRight, text: "up" },
  down: { icon: ArrowDownRight, text: "down" },
  flat: { icon: ArrowRight, text: "flat" },
};

interface HorizonTileProps {
  horizon: number;
  windowSeconds: number;
  /** Undefined while loading, null where there is none. */
  forecast: Forecast | null | undefined;
  current: number | null;
}

/** The served forecast at one horizon: its band, its trend against now, and the model or baseline it is of. */
export function HorizonTile({ horizon, windowSeconds, forecast, current }: HorizonTileProps) {
  const limits = useLimits();
  const served = forecast?.served.find((point) => point.horizon === horizon);
  // Where nothing is served, because nothing is known of the series any more, the preferred model's forecast is shown.
  const point = served ?? (forecast ? preferredPoint(forecast, horizon, limits) : undefined);
  const format = rateFormat([point?.mean, point?.p10, point?.p90]);
  return (
    <Tile
      title={`Forecast in ${formatDuration(horizon * windowSeconds)}`}
      aside={forecast && <ForecastBadge forecast={forecast} served={served} />}
    >
      {forecast === undefined ? (
        <Skeleton className="mt-2 h-14 w-32" />
      ) : (
        <>
          <p className="mt-1 text-2xl font-semibold tracking-tight">
            {format(point?.mean)} <span className="text-sm font-normal text-muted">{RATE_UNIT}</span>
          </p>
          {point ? (
            <>
              <Trend point={point} current={current} live={forecast?.status === "live"} />
              <p className="text-xs text-muted">
                p10–p90 {format(point.p10)} – {format(point.p90)}
              </p>
            </>
          ) : (
            <p className="mt-1 text-xs text-muted">No forecast available.</p>
          )}
        </>
      )}
    </Tile>
  );
}

function ForecastBadge({ forecast, served }: { forecast: Forecast; served: ServedPoint | undefined }) {
  const limits = useLimits();
  if (forecast.warming_up) return <Badge tone="warn">warming up</Badge>;
  if (forecast.learning) {
    return (
      <Badge
        tone="warn"
        title="From the newest windows alone: the server has just started and learns what came before"
      >
        learning
      </Badge>
    );
  }
  if (forecast.stale && forecast.status !== "historic") return <Badge tone="warn">stale</Badge>;
  if (!served) return null;
  const { model, reason } = served;
  return (
    <Badge tone={model === preferredModel(limits).key ? "neutral" : "accent"} title={reason}>
      {labelOf(limits, model)}
    </Badge>
  );
}

function preferredPoint({ points }: Forecast, horizon: number, limits: Limits): ForecastPoint | undefined {
  const { key } = preferredModel(limits);
  return points.find((point) => point.model === key && point.horizon === horizon);
}

interface TrendProps {
  point: ForecastPoint;
  current: number | null;
  /** The newest known rate is that of the present. */
  live: boolean;
}

function Trend({ point, current, live }: TrendProps) {
  const { icon: Icon, text } = TRENDS[point.trend];
  const share = current ? point.mean / current - 1 : null;
  return (
    <p className="mt-1 flex items-center gap-1 text-xs text-ink">
      <Icon aria-hidden className="size-3.5 text-muted" />
      {text}
      {point.trend !== "flat" && share !== null && ` ${formatChange(share)}`} vs{" "}
      {live ? "now" : "the last known rate"}
    </p>
  );
}
