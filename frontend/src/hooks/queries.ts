import { keepPreviousData, QueryClient, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/errors";
import type { AccuracySpan, HistoryRange } from "@/api/types";

const SERIES_REFRESH_MS = 10_000;
const LIVE_REFRESH_MS = 3_000;
const RETRY_MS = 3_000;

/** A backend that does not answer is asked again until it does; one that answered with a problem is believed. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (_count, error) => !(error instanceof ProblemError) || error.status === 503,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, RETRY_MS),
        staleTime: 1_000,
        refetchOnWindowFocus: false,
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}

export const seriesKey = ["series"] as const;
export const replayKey = ["replay"] as const;

export function useLimits() {
  return useQuery({
    queryKey: ["limits"],
    queryFn: () => unwrap(api.GET("/api/limits")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSeriesList() {
  return useQuery({
    queryKey: seriesKey,
    queryFn: () => unwrap(api.GET("/api/series")),
    refetchInterval: SERIES_REFRESH_MS,
  });
}

interface Watched {
  filename: string | null;
  /** The series grows, so its answers go out of date. */
  growing: boolean;
}

export function useHistory(range: HistoryRange | null, { filename, growing }: Watched) {
  return useQuery({
    queryKey: ["history", filename, range],
    enabled: filename !== null && range !== null,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/history", {
          params: { query: { range: range ?? "1h", filename, anchor: "data" } },
          signal,
        }),
      ),
    refetchInterval: growing ? LIVE_REFRESH_MS : false,
    // Another range of the same series replaces what is drawn; another series starts empty.
    placeholderData: (previous, query) => (query?.queryKey[1] === filename ? previous : undefined),
  });
}

export function useAccuracy(span: AccuracySpan, { filename, growing }: Watched) {
  return useQuery({
    queryKey: ["accuracy", filename, span],
    enabled: filename !== null,
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/accuracy", { params: { query: { filename, span } }, signal })),
    refetchInterval: growing ? LIVE_REFRESH_MS : false,
    placeholderData: keepPreviousData,
  });
}

/** The forecast by plain HTTP, for when the server refuses a live connection. */
export function useForecast(filename: string | null, enabled: boolean) {
  return useQuery({
    queryKey: ["forecast", filename],
    enabled: enabled && filename !== null,
    queryFn: ({ signal }) => unwrap(api.GET("/api/forecast", { params: { query: { filename } }, signal })),
    refetchInterval: LIVE_REFRESH_MS,
  });
}

/** What is being played, until the live connection tells it. */
export function useReplayStatus(enabled: boolean) {
  return useQuery({
    queryKey: replayKey,
    queryFn: () => unwrap(api.GET("/api/replay")),
    enabled,
    refetchInterval: SERIES_REFRESH_MS,
  });
}
