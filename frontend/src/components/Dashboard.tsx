import type { Series } from "@/api/types";
import { hasPlan, usePlan } from "@/hooks/capacity";
import { useFollowLive } from "@/hooks/queries";
import type { Live } from "@/hooks/useLive";
import type { UploadControls } from "@/hooks/useUploads";
import type { Navigate } from "@/hooks/useView";
import { shownLive } from "@/lib/liveState";
import { newestKnown } from "@/lib/points";
import type { View } from "@/lib/view";
import { CapacityPanel } from "./capacity/CapacityPanel";
import { ReplayControl } from "./chart/ReplayControl";
import { MainChart } from "./MainChart";
import { StatsGrid } from "./StatsGrid";
import { SimulationPanel } from "./simulation/SimulationPanel";

interface DashboardProps {
  series: Series;
  list: readonly Series[];
  view: View;
  navigate: Navigate;
  live: Live;
  upload: UploadControls;
}

/** The page of one series. */
export function Dashboard({ series, list, view, navigate, live, upload }: DashboardProps) {
  const shown = shownLive(live.state);
  const status = live.state.current?.status ?? null;
  useFollowLive({
    filename: series.filename,
    newest: status?.newest ?? null,
    frozen: live.state.frozen,
    replaying: series.origin === "replay",
  });

  const plan = usePlan(series, view);

  return (
    <StatsGrid
      series={series}
      newest={shown ? newestKnown(shown.points) : undefined}
      growing={shown?.status.growing ?? null}
      forecast={shown?.forecast}
      upload={upload}
      list={list}
    >
      <MainChart
        series={series}
        range={view.range}
        onRange={(range) => navigate({ range })}
        live={shown}
        capacity={plan.drawn}
        frozen={live.state.frozen}
      >
        <ReplayControl
          series={series}
          replay={status?.replay ?? null}
          onFollow={({ replay_filename }) => navigate({ series: replay_filename, range: "live" })}
        />
      </MainChart>
      {hasPlan(series.origin) && (
        <>
          <CapacityPanel series={series} plan={plan} view={view} navigate={navigate} />
          <SimulationPanel series={series} plan={plan} view={view} navigate={navigate} />
        </>
      )}
    </StatsGrid>
  );
}
