import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  useIsMutating,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/errors";
import type { AccuracySpan, ChartRange, HistoryRange } from "@/api/types";
import { askToSignIn } from "./useSession";

const SERIES_REFRESH_MS = 10_000;
const LIVE_REFRESH_MS = 3_000;
const READY_REFRESH_MS = 30_000;
const RETRY_MS = 3_000;

/** A backend that does not answer is asked again until it does; an answer that is a problem is final. */
export function createQueryClient(): QueryClient {
  const onError = (error: Error): void => askToSignIn(client, error);
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
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
  return client;
}

export const seriesKey = ["series"] as const;

export function useLimitsQuery() {
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

/** The series that Prometheus returns no value for, and why. */
export function useFailingQueries() {
  const ready = useQuery({
    queryKey: ["ready"],
    queryFn: () => unwrap(api.GET("/api/ready")),
    refetchInterval: READY_REFRESH_MS,
    retry: false, // a store that is down makes it fail, and has notices of its own
  });
  return ready.data?.failing_queries ?? [];
}

export function useHistory(range: HistoryRange | null, filename: string) {
  return useQuery({
    queryKey: ["history", filename, range],
    enabled: range !== null,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/history", {
          params: { query: { range: range ?? "1h", filename, anchor: "data" } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export function useAccuracy(span: AccuracySpan, filename: string) {
  return useQuery({
    queryKey: ["accuracy", filename, span],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/accuracy", { params: { query: { filename, span } }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The preferred model's forecasts of each window of a range, issued `horizon` windows before it. */
export function usePastForecasts(horizon: number | null, range: ChartRange, filename: string) {
  return useQuery({
    queryKey: ["past", filename, range, horizon],
    enabled: horizon !== null,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/forecast/past", {
          params: { query: { horizon: horizon ?? 1, range, filename } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** Of what deletes a series: until it is over nothing new is asked about one, as it may be gone by then. */
export const deletionKey = ["deletion"] as const;

/** Queries about a series whose answer another window changes. */
export const FOLLOWING = ["history", "past", "accuracy", "recommendation", "decisions", "what-if", "machine"];

interface Following {
  filename: string;
  newest: string | null;
  frozen: boolean;
  replaying: boolean;
}

/** Refetches what follows from the windows, and the list, as they come in, at most every few seconds. */
export function useFollowLive({ filename, newest, frozen, replaying }: Following) {
  const queries = useQueryClient();
  const seen = useRef<string | null>(null);
  const refetchedAt = useRef(0);
  const deleting = useIsMutating({ mutationKey: deletionKey }) > 0;

  useEffect(() => {
    if (frozen || deleting || newest === null || newest === seen.current) return;
    const refetch = () => {
      const first = seen.current === null;
      seen.current = newest;
      refetchedAt.current = Date.now();
      if (first) return;
      for (const queryKey of [...FOLLOWING.map((name) => [name, filename]), seriesKey])
        void queries.invalidateQueries({ queryKey });
    };
    const wait = refetchedAt.current + LIVE_REFRESH_MS - Date.now();
    if (wait <= 0) return refetch();
    // The next window of a replay comes soon, or never: then its series is gone, and asking for it would fail.
    if (replaying) return;
    const timer = setTimeout(refetch, wait);
    return () => clearTimeout(timer);
  }, [queries, filename, newest, frozen, deleting, replaying]);
}
