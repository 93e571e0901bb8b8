import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { UploadResult } from "@/api/types";
import { Dashboard } from "./components/Dashboard";
import { FirstVisit } from "./components/FirstVisit";
import { Header } from "./components/Header";
import { Notices, type Silence } from "./components/Notices";
import { PageLoading } from "./components/PageLoading";
import { seriesKey, useFailingQueries, useLimits, useSeriesList } from "./hooks/queries";
import { type Connection, useLive } from "./hooks/useLive";
import { useSelectedSeries } from "./hooks/useSelectedSeries";
import { useServedNotice } from "./hooks/useServedNotice";
import { useTheme } from "./hooks/useTheme";
import { useUpload } from "./hooks/useUpload";
import { useView } from "./hooks/useView";
import { useZone } from "./hooks/useZone";
import { type LiveData, waitingWindows } from "./lib/liveState";
import { formatDateTime, toSeconds, type Zone, zoneName } from "./lib/time";

const DEFAULT_INTERVAL_SECONDS = 1;
const FAILURES_UNTIL_NOTICE = 2;

export function App() {
  const queries = useQueryClient();
  const [view, navigate] = useView();
  const [theme, setTheme] = useTheme();
  const [zone, setZone] = useZone();
  const [notice, setNotice] = useState<string | null>(null);

  const limits = useLimits();
  const list = useSeriesList();
  const failingQueries = useFailingQueries();
  const series = useSelectedSeries(list.data, view.series, navigate, setNotice);

  const refetchSeries = useCallback(() => void queries.invalidateQueries({ queryKey: seriesKey }), [queries]);
  const live = useLive({
    enabled: series !== null || list.data?.length === 0,
    filename: series?.filename ?? null,
    intervalSeconds: limits.data?.live_interval_seconds ?? DEFAULT_INTERVAL_SECONDS,
    onReconnect: () => {
      setNotice("Connected again. What was missed is filled in.");
      // A frozen page keeps what it shows; it learns the rest when it is refreshed.
      void queries.invalidateQueries({ refetchType: live.state.frozen ? "none" : "active" });
    },
  });
  const { current, frozen } = live.state;
  useServedNotice(current?.forecast ?? null, setNotice);

  // The live connection knows first that a series came or went.
  const outdated = current !== null && (current.filename === null) !== (series === null);
  useEffect(() => {
    if (outdated) refetchSeries();
  }, [outdated, refetchSeries]);

  const showStored = useCallback(
    async (result: UploadResult) => {
      await queries.invalidateQueries();
      navigate({ series: result.filename });
    },
    [queries, navigate],
  );
  const upload = useUpload(showStored, refetchSeries);

  // A report about a series that was deleted since has nothing left to tell.
  const reported = upload.upload.state === "done" ? upload.upload.result.filename : null;
  const reportIsOver = reported !== null && list.data?.every(({ filename }) => filename !== reported);
  const { reset } = upload;
  useEffect(() => {
    if (reportIsOver) reset();
  }, [reportIsOver, reset]);

  const setFrozen = (freeze: boolean) => {
    live.dispatch({ type: freeze ? "freeze" : "unfreeze" });
    if (!freeze) void queries.invalidateQueries();
  };
  const refresh = () => {
    live.dispatch({ type: "refresh" });
    void queries.invalidateQueries();
  };

  const failure = list.failureCount < FAILURES_UNTIL_NOTICE ? null : list.failureReason;
  const connection: Connection =
    failure && live.connection.state === "connecting" ? { state: "offline" } : live.connection;
  const newest = current?.status.newest ?? null;
  return (
    <>
      <Header
        connection={connection}
        newest={newest && current?.windowSeconds ? toSeconds(newest) + current.windowSeconds : null}
        replaying={current?.status.replay?.replay_filename === series?.filename && series !== null}
        list={list.data ?? []}
        series={series}
        onSelect={(filename) => navigate({ series: filename })}
        frozen={frozen}
        waiting={waitingWindows(live.state)}
        onFrozenChange={setFrozen}
        onRefresh={refresh}
        theme={theme}
        onTheme={setTheme}
        zone={zone}
      />
      <Notices
        connection={connection}
        failure={failure}
        showsData={list.data !== undefined}
        storeReachable={current?.status.store !== "unreachable"}
        silence={current && silenceOf(current, zone)}
        failingQueries={failingQueries}
        notice={notice}
        onDismiss={() => setNotice(null)}
      />
      <main className="mx-auto grid w-full max-w-[100rem] gap-3 px-4 py-3 lg:px-6">
        {series ? (
          <Dashboard
            key={series.filename}
            series={series}
            list={list.data ?? []}
            view={view}
            navigate={navigate}
            live={live}
            limits={limits.data}
            upload={upload}
            zone={zone}
            onZone={setZone}
            theme={theme}
          />
        ) : list.data?.length === 0 ? (
          <FirstVisit upload={upload} limits={limits.data} zone={zone} />
        ) : (
          <PageLoading />
        )}
      </main>
    </>
  );
}

function silenceOf({ status, windowSeconds }: LiveData, zone: Zone): Silence | null {
  const { silent_seconds: seconds, newest } = status;
  if (status.status !== "stale" || seconds === null || newest === null) return null;
  const lastWindow = formatDateTime(toSeconds(newest), zone, windowSeconds ?? undefined);
  return { seconds, lastWindow: `${lastWindow} ${zoneName(zone)}` };
}
