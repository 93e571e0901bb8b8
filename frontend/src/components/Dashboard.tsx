import type { Limits, Series } from "@/api/types";
import { useFollowLive, useForecast, useReplayStatus } from "@/hooks/queries";
import type { Live } from "@/hooks/useLive";
import type { Theme } from "@/hooks/useTheme";
import type { UploadControls } from "@/hooks/useUpload";
import type { Navigate } from "@/hooks/useView";
import { shownLive } from "@/lib/liveState";
import { newestKnown } from "@/lib/points";
import type { Zone } from "@/lib/time";
import type { View } from "@/lib/view";
import { ReplayControl } from "./chart/ReplayControl";
import { MainChart } from "./MainChart";
import { StatsGrid } from "./StatsGrid";

const DEFAULT_FASTEST = 20;
const DEFAULT_HORIZONS = [1, 5, 15];

interface DashboardProps {
  series: Series;
  list: readonly Series[];
  view: View;
  navigate: Navigate;
  live: Live;
  limits: Limits | undefined;
  upload: UploadControls;
  zone: Zone;
  onZone: (zone: Zone) => void;
  theme: Theme;
}

/** The page of one series. */
export function Dashboard({
  series,
  list,
  view,
  navigate,
  live,
  limits,
  upload,
  zone,
  onZone,
  theme,
}: DashboardProps) {
  const shown = shownLive(live.state);
  const status = live.state.current?.status ?? null;
  useFollowLive({
    filename: series.filename,
    newest: status?.newest ?? null,
    frozen: live.state.frozen,
    replaying: status?.replay?.replay_filename === series.filename,
  });

  const fallback = useForecast(series.filename, live.connection.state === "refused");
  const horizons = limits?.horizons ?? DEFAULT_HORIZONS;
  const forecast = shown ? shown.forecast : fallback.data;
  const replay = useReplayStatus(status === null).data ?? null;

  return (
    <StatsGrid
      series={series}
      newest={shown ? newestKnown(shown.points) : undefined}
      growing={shown?.status.growing ?? null}
      forecast={forecast}
      horizons={horizons}
      limits={limits}
      upload={upload}
      isSynthetic={(filename) => list.some((one) => one.filename === filename && one.synthetic)}
      zone={zone}
    >
      <MainChart
        series={series}
        range={view.range}
        onRange={(range) => navigate({ range })}
        live={shown}
        connection={live.connection}
        forecast={forecast ?? null}
        horizons={horizons}
        frozen={live.state.frozen}
        zone={zone}
        onZone={onZone}
        theme={theme}
      >
        <ReplayControl
          series={series}
          replay={status ? status.replay : replay}
          fastest={limits?.max_replay_speed ?? DEFAULT_FASTEST}
          zone={zone}
          onFollow={({ replay_filename }) => navigate({ series: replay_filename, range: "live" })}
        />
      </MainChart>
    </StatsGrid>
  );
}
