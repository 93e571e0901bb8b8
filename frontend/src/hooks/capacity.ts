import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, unwrap } from "@/api/client";
import { askAsMachine } from "@/api/machine";
import type {
  ChartRange,
  Decision,
  DecisionLog,
  ManifestInfo,
  Policy,
  PolicyVersion,
  Recommendation,
  Series,
  SeriesPolicy,
} from "@/api/types";
import { type CapacityData, capacityData } from "@/lib/capacity";
import { isPolicyName, type PolicyChanges } from "@/lib/policy";
import type { View } from "@/lib/view";
import { useNewest } from "./useNewest";

const MACHINE_REFRESH_MS = 5_000;

function usePolicy(filename: string, enabled: boolean) {
  return useQuery({
    queryKey: ["policy", filename],
    enabled,
    queryFn: async () =>
      (await unwrap(api.GET("/api/policies/{filename}", { params: { path: { filename } } }))) as SeriesPolicy,
  });
}

/** Let a policy hold from now on. */
export function useSavePolicy(filename: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (policy: Policy) =>
      (await unwrap(
        api.PUT("/api/policies/{filename}", { params: { path: { filename } }, body: policy }),
      )) as SeriesPolicy,
    onSuccess: (answer) => {
      queries.setQueryData(["policy", filename], answer);
      for (const name of ["recommendation", "decisions", "what-if", "machine", "manifest"])
        void queries.invalidateQueries({ queryKey: [name, filename] });
    },
  });
}

function useRecommendation(
  filename: string,
  changes: PolicyChanges,
  current: string | null,
  enabled: boolean,
) {
  const query = { filename, ...changes, ...(current === null ? {} : { current_replicas: Number(current) }) };
  return useQuery({
    queryKey: ["recommendation", filename, query],
    enabled,
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/recommendation", { params: { query }, signal }))) as Recommendation,
  });
}

function useDecisions(filename: string, range: ChartRange, enabled: boolean) {
  return useQuery({
    queryKey: ["decisions", filename, range],
    enabled,
    queryFn: async ({ signal }) =>
      (await unwrap(
        api.GET("/api/decisions", { params: { query: { filename, range } }, signal }),
      )) as DecisionLog,
    placeholderData: keepPreviousData,
  });
}

/** What a policy would have decided over a range. */
export function useWhatIf(filename: string, range: ChartRange, changes: PolicyChanges, enabled: boolean) {
  return useQuery({
    queryKey: ["what-if", filename, range, changes],
    enabled,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/decisions/what-if", { params: { query: { filename, range, ...changes } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** What a machine that asks now is told. */
export function useMachineAnswer(filename: string, enabled: boolean) {
  return useQuery({
    queryKey: ["machine", filename],
    enabled,
    queryFn: ({ signal }) => askAsMachine(filename, signal),
    refetchInterval: MACHINE_REFRESH_MS,
  });
}

/** The kinds of manifests that there are. */
export function useManifests() {
  return useQuery({
    queryKey: ["manifests"],
    queryFn: () => unwrap(api.GET("/api/manifests")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What only the reader knows of where a manifest goes. */
export interface ManifestValues {
  deployment?: string;
  namespace?: string;
  url?: string;
}

/** One manifest as text. */
export function useManifest(
  filename: string,
  kind: ManifestInfo["kind"],
  values: ManifestValues & PolicyChanges,
) {
  const query = Object.fromEntries(
    Object.entries(values).filter(([name, text]) => text || isPolicyName(name)),
  );
  return useQuery({
    queryKey: ["manifest", filename, kind, query],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/manifests/{filename}/{kind}", {
          params: { path: { filename, kind }, query },
          parseAs: "text",
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** The plan of a series: its policy, what the reader changes of it, and what follows. */
export interface Plan {
  /** Undefined while loading, null where none is saved. */
  saved: Policy | null | undefined;
  history: readonly PolicyVersion[];
  changes: PolicyChanges;
  /** Of the policy with its changes; the one before while the next is on its way, or refused. */
  recommendation: Recommendation | undefined;
  pending: boolean;
  /** Whether it is asked for a first policy: none is saved, and none is tried. */
  unset: boolean;
  error: Error | null;
  decisions: readonly Decision[];
  /** Whether the decisions are on their way. */
  deciding: boolean;
  /** Why there are none to show. */
  decisionsError: Error | null;
  /** Whether they were kept, or computed now from what was forecast then. */
  logged: boolean;
  drawn: CapacityData | null;
}

export function usePlan({ filename, origin }: Series, view: View): Plan {
  const planned = hasPlan(origin);
  const policy = usePolicy(filename, planned);
  const saved = policy.data?.policy;
  const { policy: changes, currentReplicas, range } = view;
  const known = planned && (saved != null || hasSize(changes));
  const recommended = useRecommendation(filename, changes, currentReplicas, policy.isSuccess && known);
  const log = useDecisions(filename, range, known);
  const logged = (log.data?.decisions.length ?? 0) > 0;
  const whatIf = useWhatIf(filename, range, changes, known && log.isSuccess && !logged);
  const newest = useNewest(known ? recommended.data : undefined);
  const recommendation = known ? newest : undefined;
  const decisions = (logged ? log.data : whatIf.data)?.decisions ?? NONE;
  const drawn = useMemo(
    () => (recommendation ? capacityData(decisions, recommendation) : null),
    [decisions, recommendation],
  );
  return {
    saved,
    history: policy.data?.history ?? NONE,
    changes,
    recommendation,
    pending: policy.isPending || recommended.isLoading,
    unset: policy.isSuccess && !known,
    error: policy.error ?? (known ? recommended.error : null),
    decisions,
    deciding: log.isLoading || whatIf.isLoading,
    decisionsError: decisions.length ? null : (log.error ?? whatIf.error),
    logged,
    drawn,
  };
}

/** A replay is a passing copy: its replicas are planned on the series that it plays. */
export function hasPlan(origin: Series["origin"]): boolean {
  return origin !== "replay";
}

const NONE: readonly never[] = [];

/** Whether there is enough for a number: how much a replica serves, one way or another. */
function hasSize({ rps_per_replica, service_seconds, measured }: PolicyChanges): boolean {
  return Boolean(rps_per_replica || service_seconds || measured);
}
