import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Replay, Series } from "@/api/types";
import { deletionKey, seriesKey } from "./queries";

interface ReplayStart {
  filename: string;
  speed: number;
  start: string | null;
}

export function useDeleteSeries() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: deletionKey,
    mutationFn: (filename: string) =>
      unwrap(api.DELETE("/api/series/{filename}", { params: { path: { filename } } })),
    onSuccess: (_deleted, filename) => {
      // Off the page before anything fetches what is gone.
      queries.setQueryData<Series[]>(seriesKey, (list) =>
        list?.filter((series) => series.filename !== filename),
      );
      return queries.invalidateQueries({ queryKey: seriesKey });
    },
  });
}

/** Calls `onStarted` also when the component is unmounted by then: the live connection may report the replay first. */
export function useStartReplay(onStarted: (replay: Replay) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: ReplayStart) => unwrap(api.POST("/api/replay", { body })),
    onSuccess: async (replay) => {
      await queries.invalidateQueries({ queryKey: seriesKey });
      onStarted(replay);
    },
  });
}

export function useStopReplay() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: deletionKey,
    mutationFn: () => unwrap(api.DELETE("/api/replay")),
    onSuccess: () => queries.invalidateQueries({ queryKey: seriesKey }),
  });
}
