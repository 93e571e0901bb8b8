import { type ReactNode, useMemo, useState } from "react";
import { describeError, ProblemError } from "@/api/errors";
import type { ChartRange, Forecast, Series } from "@/api/types";
import { useHistory, usePastForecasts } from "@/hooks/queries";
import { useHeld } from "@/hooks/useHeld";
import { useLimits, usePage } from "@/hooks/usePage";
import type { CapacityData } from "@/lib/capacity";
import { chartLines } from "@/lib/chartLines";
import { buildChartModel } from "@/lib/chartModel";
import { chartSummary } from "@/lib/chartSummary";
import { type LiveData, silenceOf } from "@/lib/liveState";
import { LIVE_WINDOWS } from "@/lib/points";
import { RANGE_LABELS } from "@/lib/view";
import { ChartLoading, ChartMessage } from "./chart/ChartStates";
import { ChartToolbar } from "./chart/ChartToolbar";
import { Legend } from "./chart/Legend";
import { Plot } from "./chart/Plot";
import { PointsTable } from "./chart/PointsTable";
import type { Border, ZoomRange } from "./chart/plotOptions";
import { SpanText } from "./chart/SpanText";
import { Button } from "./ui/Button";
import { Card } from "./ui/Card";
import { Tabs } from "./ui/Tabs";

/** Only of a feed that sends is it the present. */
const BORDERS: Record<Forecast["status"], Border> = {
  live: { label: "now", at: "now" },
  historic: { label: "end of data", at: "end" },
  stale: { label: "end of data", at: "end" },
};

interface MainChartProps {
  series: Series;
  range: ChartRange;
  onRange: (range: ChartRange) => void;
  live: LiveData | null;
  capacity: CapacityData | null;
  frozen: boolean;
  /** The replay control, at the foot of the card. */
  children: ReactNode;
}

/** Actual rate and forecasts of one series over one range. */
export function MainChart(props: MainChartProps) {
  const { series, range, live, capacity } = props;
  const forecast = live?.forecast ?? null;
  const limits = useLimits();
  const { zone } = usePage();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [zoom, setZoom] = useState<ZoomRange | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [pastHorizon, setPastHorizon] = useState<number | null>(null);
  const windowSeconds = series.window_seconds;

  const history = useHistory(range === "live" ? null : range, series.filename);
  const pastForecasts = usePastForecasts(pastHorizon, range, series.filename);
  const past = pastHorizon === null ? undefined : pastForecasts.data?.points;
  const points = range === "live" ? live?.points : history.data;
  // Longer ranges may show means of several windows, beside which half a window would mislead.
  const growing = range === "live" ? live?.status.growing : null;
  const silentSeconds = (live && silenceOf(live)?.seconds) ?? 0;
  const withCapacity = capacity !== null;
  const lines = useMemo(
    () => chartLines(limits, pastHorizon === null ? null : pastHorizon * windowSeconds, withCapacity),
    [limits, pastHorizon, windowSeconds, withCapacity],
  );
  const model = useMemo(
    () =>
      points
        ? buildChartModel(range === "live" ? points.slice(-LIVE_WINDOWS) : points, windowSeconds, {
            lines,
            forecast,
            past,
            growing,
            silentSeconds,
            capacity,
          })
        : null,
    [points, range, windowSeconds, lines, forecast, past, growing, silentSeconds, capacity],
  );
  const newest = model?.rates.actual?.some((rate) => rate != null) ? model : null;
  const [pointed, setPointed] = useState(false);
  const drawable = useHeld(newest, pointed);

  const changeRange = (next: ChartRange) => {
    setZoom(null);
    props.onRange(next);
  };

  return (
    <Card aria-label="Traffic and forecast" className="min-w-0">
      <Tabs
        label="Range"
        value={range}
        options={RANGE_LABELS}
        onChange={changeRange}
        aside={
          drawable && (
            <div className="flex min-w-0 flex-1 basis-80 flex-wrap items-center justify-between gap-x-4 gap-y-1">
              <SpanText model={drawable} zoom={zoom} windowSeconds={windowSeconds} frozen={props.frozen} />
              <ChartToolbar
                asTable={asTable}
                onAsTable={setAsTable}
                zoomed={zoom !== null}
                onResetZoom={() => setZoom(null)}
              />
            </div>
          )
        }
      >
        {drawable ? (
          <>
            <div className="px-2">
              <Legend
                model={drawable}
                hidden={hidden}
                onHidden={setHidden}
                past={{
                  horizons: limits.horizons,
                  windowSeconds,
                  chosen: pastHorizon,
                  onChoose: setPastHorizon,
                }}
              />
            </div>
            <div className="px-2 pb-2">
              {asTable ? (
                <PointsTable model={drawable} />
              ) : (
                <Plot
                  key={[range, ...lines.map(({ key }) => key)].join()}
                  model={drawable}
                  summary={chartSummary(drawable, zone)}
                  border={BORDERS[forecast?.status ?? "historic"]}
                  hidden={hidden}
                  zoom={zoom}
                  onZoom={setZoom}
                  onPointed={setPointed}
                  held={drawable !== newest}
                />
              )}
            </div>
          </>
        ) : (
          <Nothing
            range={range}
            loading={points === undefined}
            error={history.error}
            onRetry={() => history.refetch()}
            onRange={changeRange}
          />
        )}
      </Tabs>
      {props.children}
    </Card>
  );
}

interface NothingProps {
  range: ChartRange;
  loading: boolean;
  error: Error | null;
  onRetry: () => void;
  onRange: (range: ChartRange) => void;
}

/** Why there is no chart. */
function Nothing({ range, loading, error, onRetry, onRange }: NothingProps) {
  if (range !== "live" && error instanceof ProblemError)
    return (
      <ChartMessage title={error.title} action={<Button onClick={onRetry}>Try again</Button>}>
        {describeError(error).detail}
      </ChartMessage>
    );
  if (loading) return <ChartLoading />;
  return (
    <ChartMessage
      title="No data in this range"
      action={range !== "24h" && <Button onClick={() => onRange("24h")}>Show 24 hours</Button>}
    >
      No window in it has a known rate: there was no traffic for more than an hour, or nothing was recorded.
    </ChartMessage>
  );
}
