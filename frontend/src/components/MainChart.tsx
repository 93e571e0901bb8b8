import { type ReactNode, useMemo, useState } from "react";
import { describeError, ProblemError } from "@/api/errors";
import type { Forecast, Series } from "@/api/types";
import { useHistory, usePastForecasts } from "@/hooks/queries";
import type { Connection } from "@/hooks/useLive";
import type { Theme } from "@/hooks/useTheme";
import { buildChartModel, SERIES } from "@/lib/chartModel";
import type { LiveData } from "@/lib/liveState";
import { pastName } from "@/lib/names";
import { LIVE_WINDOWS } from "@/lib/points";
import type { Zone } from "@/lib/time";
import { RANGE_LABELS, type Range } from "@/lib/view";
import { ChartLoading, ChartMessage } from "./chart/ChartStates";
import { ChartToolbar } from "./chart/ChartToolbar";
import { Legend } from "./chart/Legend";
import { Plot } from "./chart/Plot";
import { PointsTable } from "./chart/PointsTable";
import type { ZoomRange } from "./chart/plotOptions";
import { SpanText } from "./chart/SpanText";
import type { Visible } from "./chart/usePlot";
import { Button } from "./ui/Button";
import { Card } from "./ui/Card";
import { Tabs } from "./ui/Tabs";

const ALL_VISIBLE: Visible = { actual: true, lgbmPlus: true, band: true, lgbm: true };

/** The line between what is known and what is forecast; only of a feed that speaks is it the present. */
const NOW_LABELS: Record<Forecast["status"], string> = {
  live: "now",
  historic: "now: end of data",
  stale: "end of data",
};

interface MainChartProps {
  series: Series;
  range: Range;
  onRange: (range: Range) => void;
  live: LiveData | null;
  connection: Connection;
  forecast: Forecast | null;
  horizons: readonly number[];
  frozen: boolean;
  zone: Zone;
  onZone: (zone: Zone) => void;
  theme: Theme;
  /** The replay control, at the foot of the card. */
  children: ReactNode;
}

/** Actual rate and forecasts of one series over one range. */
export function MainChart(props: MainChartProps) {
  const { series, range, live, forecast, zone, theme } = props;
  const [visible, setVisible] = useState(ALL_VISIBLE);
  const [zoom, setZoom] = useState<ZoomRange | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [pastHorizon, setPastHorizon] = useState<number | null>(null);
  const windowSeconds = series.window_seconds;
  const pastLabel = pastHorizon === null ? null : pastName(pastHorizon * windowSeconds);

  const history = useHistory(range === "live" ? null : range, series.filename);
  const said = usePastForecasts(pastHorizon, range, series.filename);
  const past = pastHorizon === null ? undefined : said.data?.points;
  const points = range === "live" ? live?.points : history.data;
  // Longer ranges may show means of several windows, beside which half a window would mislead.
  const growing = range === "live" ? live?.status.growing : null;
  const model = useMemo(
    () =>
      points
        ? buildChartModel(range === "live" ? points.slice(-LIVE_WINDOWS) : points, windowSeconds, {
            forecast,
            past,
            growing,
          })
        : null,
    [points, range, windowSeconds, forecast, past, growing],
  );
  const drawable = model?.columns[SERIES.actual].some((rate) => rate !== null) ? model : null;

  const changeRange = (next: Range) => {
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
              <SpanText
                model={drawable}
                zoom={zoom}
                windowSeconds={windowSeconds}
                frozen={props.frozen}
                zone={zone}
              />
              <ChartToolbar
                zone={zone}
                onZone={props.onZone}
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
                visible={visible}
                anomalies={drawable.columns[SERIES.anomaly].filter((rate) => rate !== null).length}
                onChange={setVisible}
                growing={drawable.columns[SERIES.growing].some((rate) => rate !== null)}
                past={{
                  horizons: props.horizons,
                  windowSeconds,
                  chosen: pastHorizon,
                  onChoose: setPastHorizon,
                }}
              />
            </div>
            <div className="px-2 pb-2">
              {asTable ? (
                <PointsTable model={drawable} zone={zone} pastLabel={pastLabel} />
              ) : (
                <Plot
                  model={drawable}
                  zone={zone}
                  theme={theme}
                  nowLabel={NOW_LABELS[forecast?.status ?? "live"]}
                  pastLabel={pastLabel ?? ""}
                  visible={visible}
                  zoom={zoom}
                  onZoom={setZoom}
                />
              )}
            </div>
          </>
        ) : (
          <Nothing
            range={range}
            loading={points === undefined}
            connection={props.connection}
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
  range: Range;
  loading: boolean;
  connection: Connection;
  error: Error | null;
  onRetry: () => void;
  onRange: (range: Range) => void;
}

/** Why there is no chart. */
function Nothing({ range, loading, connection, error, onRetry, onRange }: NothingProps) {
  if (range !== "live" && error instanceof ProblemError)
    return (
      <ChartMessage title={error.title} action={<Button onClick={onRetry}>Try again</Button>}>
        {describeError(error).detail}
      </ChartMessage>
    );
  if (range === "live" && loading && connection.state === "refused")
    return (
      <ChartMessage
        title="Live updates were refused"
        action={<Button onClick={() => onRange("1h")}>Show the last hour</Button>}
      >
        {connection.reason}
      </ChartMessage>
    );
  if (loading) return <ChartLoading />;
  return (
    <ChartMessage
      title="Nothing known in this range"
      action={range !== "24h" && <Button onClick={() => onRange("24h")}>Show 24 hours</Button>}
    >
      No window of it has a known rate: the traffic was silent for longer than an hour, or nothing was
      recorded.
    </ChartMessage>
  );
}
