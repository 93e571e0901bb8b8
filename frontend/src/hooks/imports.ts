import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, unwrap } from "@/api/client";
import type { Import, UploadOverrides } from "@/api/types";
import { lookAgain } from "@/api/upload";
import { isRunning } from "@/lib/imports";
import { seriesKey } from "./queries";

const RUNNING_REFRESH_MS = 400;
const IDLE_REFRESH_MS = 10_000;

export const importsKey = ["imports"] as const;

/** The imports of the last days, newest first, those of other pages and earlier visits too. `busy`: one is on its way that
 * the list may not have yet. */
export function useImports(busy: boolean): Import[] {
  const queries = useQueryClient();
  const imports = useQuery({
    queryKey: importsKey,
    queryFn: async () => (await unwrap(api.GET("/api/uploads"))) as Import[],
    refetchInterval: ({ state }) =>
      busy || state.data?.some(isRunning) ? RUNNING_REFRESH_MS : IDLE_REFRESH_MS,
  });
  const list = imports.data ?? [];

  // One that ended has changed a series, whoever sent it.
  const running = list.filter(isRunning).length;
  const before = useRef(running);
  useEffect(() => {
    if (running < before.current) void queries.invalidateQueries({ queryKey: seriesKey });
    before.current = running;
  }, [running, queries]);
  return list;
}

/** What a file that the server keeps gives when it is read with these fields; nothing is stored. What the fields before
 * gave is shown until then. */
export function useReading(id: string, fields: UploadOverrides, enabled: boolean) {
  return useQuery({
    queryKey: ["reading", id, fields],
    enabled,
    queryFn: ({ signal }) => lookAgain(id, fields, signal),
    staleTime: "static", // the file does not change, so no news of the store makes it outdated
    placeholderData: keepPreviousData,
  });
}

/** End an import before it stores anything. */
export function useCancelImport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/api/uploads/{upload_id}", { params: { path: { upload_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: importsKey }),
  });
}
