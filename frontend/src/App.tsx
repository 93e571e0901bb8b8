import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { Connection } from "@/api/live";
import { Dashboard } from "./components/Dashboard";
import { FirstVisit } from "./components/FirstVisit";
import { Header } from "./components/Header";
import { Notices } from "./components/Notices";
import { PageLoading } from "./components/PageLoading";
import { SignIn } from "./components/SignIn";
import { DropArea } from "./components/upload/DropArea";
import { seriesKey, useFailingQueries, useLimitsQuery, useSeriesList } from "./hooks/queries";
import { useLive } from "./hooks/useLive";
import { usePage } from "./hooks/usePage";
import { useSelectedSeries } from "./hooks/useSelectedSeries";
import { useServedNotice } from "./hooks/useServedNotice";
import { useDismissSignIn, useSignInNeeded } from "./hooks/useSession";
import { useUploads } from "./hooks/useUploads";
import { useView } from "./hooks/useView";
import { silenceOf, waitingWindows } from "./lib/liveState";

const DEFAULT_INTERVAL_SECONDS = 1;
const FAILURES_UNTIL_NOTICE = 2;

export function App() {
  const queries = useQueryClient();
  const { limits } = usePage();
  const [view, navigate] = useView();
  const [notice, setNotice] = useState<string | null>(null);

  const signInNeeded = useSignInNeeded();
  const dismissSignIn = useDismissSignIn();
  const list = useSeriesList();
  const limitsQuery = useLimitsQuery();
  const failure = failureOf(list) ?? failureOf(limitsQuery);
  const failingQueries = useFailingQueries();
  const series = useSelectedSeries(list.data, view.series, navigate, setNotice);

  const refetchSeries = useCallback(() => void queries.invalidateQueries({ queryKey: seriesKey }), [queries]);
  const live = useLive({
    enabled: !signInNeeded && (series !== null || list.data?.length === 0),
    filename: series?.filename ?? null,
    intervalSeconds: limits?.live_interval_seconds ?? DEFAULT_INTERVAL_SECONDS,
    onReconnect: (noticed) => {
      if (noticed) setNotice("Reconnected. Missed windows have been filled in.");
      // A frozen page keeps what it shows; it learns the rest when it is refreshed.
      void queries.invalidateQueries({ refetchType: live.state.frozen ? "none" : "active" });
    },
  });
  const { current, frozen } = live.state;
  useServedNotice(current?.forecast ?? null, limits, setNotice);

  // The live connection knows first that a series came or went.
  const outdated = current !== null && (current.filename === null) !== (series === null);
  useEffect(() => {
    if (outdated) refetchSeries();
  }, [outdated, refetchSeries]);

  // A file counts as stored once the page knows its series; all the rest may follow.
  const refetchAll = useCallback(() => {
    void queries.invalidateQueries();
    return queries.refetchQueries({ queryKey: seriesKey }, { cancelRefetch: false });
  }, [queries]);
  const show = useCallback((filename: string) => navigate({ series: filename }), [navigate]);
  const upload = useUploads(refetchAll, show);

  // A session that ended refuses the live connection, and cannot say so: a plain request is told.
  const interrupted = live.connection.state === "reconnecting";
  useEffect(() => {
    if (interrupted) refetchSeries();
  }, [interrupted, refetchSeries]);

  const setFrozen = (freeze: boolean) => {
    live.dispatch({ type: freeze ? "freeze" : "unfreeze" });
    if (!freeze) void queries.invalidateQueries();
  };
  const refresh = () => {
    live.dispatch({ type: "refresh" });
    void queries.invalidateQueries();
  };

  const connection: Connection =
    failure && live.connection.state === "connecting" ? { state: "offline" } : live.connection;
  if (signInNeeded) return <SignIn onDismiss={list.isError ? undefined : dismissSignIn} />;
  return (
    <DropArea onFiles={upload.add}>
      <Header
        connection={connection}
        live={current}
        replaying={series?.origin === "replay"}
        list={list.data ?? []}
        series={series}
        onSelect={(filename) => navigate({ series: filename })}
        frozen={frozen}
        waiting={waitingWindows(live.state)}
        onFrozenChange={setFrozen}
        onRefresh={refresh}
      />
      <Notices
        connection={connection}
        failure={failure}
        showsData={list.data !== undefined && limits !== null}
        storeReachable={current?.status.store !== "unreachable"}
        silence={current && silenceOf(current)}
        series={upload.busy ? null : series}
        failingQueries={failingQueries}
        notice={notice}
        onDismiss={() => setNotice(null)}
      />
      <main className="mx-auto grid w-full max-w-[100rem] gap-3 px-4 py-3 lg:px-6">
        {series && limits ? (
          <Dashboard
            key={series.filename}
            series={series}
            list={list.data ?? []}
            view={view}
            navigate={navigate}
            live={live}
            upload={upload}
          />
        ) : list.data?.length === 0 && limits ? (
          <FirstVisit upload={upload} />
        ) : (
          <PageLoading />
        )}
      </main>
    </DropArea>
  );
}

/** Why a query failed for good, or keeps failing; null while it does not. */
function failureOf({ isError, failureCount, failureReason }: UseQueryResult): Error | null {
  return isError || failureCount >= FAILURES_UNTIL_NOTICE ? failureReason : null;
}
