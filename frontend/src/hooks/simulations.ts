import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, unwrap } from "@/api/client";
import type { SimulationAnswer, SimulationRecord, SimulationRequest } from "@/api/types";
import type { Span } from "@/lib/outcomes";
import type { PolicyChanges } from "@/lib/policy";
import { defaultSimulation, isSimulating } from "@/lib/simulation";
import { requestSettings, type SimulationChanges } from "@/lib/simulationSettings";
import { isoTime } from "@/lib/time";

const RUNNING_REFRESH_MS = 500;

/** The newest simulations of a series, the newest first. */
function useSimulationList(filename: string) {
  return useQuery({
    queryKey: ["simulations", filename],
    queryFn: async () =>
      (await unwrap(api.GET("/api/simulations", { params: { query: { filename } } }))) as SimulationRecord[],
  });
}

/** The simulation to show: the one that is asked for, else the newest; asked about until it has ended. */
export function useSimulation(filename: string, asked: string | null) {
  const queries = useQueryClient();
  const list = useSimulationList(filename);
  const id = asked ?? defaultSimulation(list.data ?? [])?.id ?? null;
  const one = useQuery({
    queryKey: ["simulation", id],
    enabled: id !== null,
    queryFn: async () =>
      (await unwrap(
        api.GET("/api/simulations/{simulation_id}", { params: { path: { simulation_id: id ?? "" } } }),
      )) as SimulationAnswer,
    refetchInterval: ({ state }) => (state.data && isSimulating(state.data) ? RUNNING_REFRESH_MS : false),
  });
  const ended = one.data && !isSimulating(one.data) ? one.data.id : null;
  useEffect(() => {
    if (ended !== null) void queries.invalidateQueries({ queryKey: ["simulations", filename] });
  }, [ended, filename, queries]);
  return {
    // The list is asked for at the beginning and at the end: what runs stands in it as it is now.
    list: (list.data ?? []).map((record) => (record.id === one.data?.id ? one.data : record)),
    answer: one.data,
    error: list.error ?? one.error,
    loading: list.isPending || one.isLoading,
  };
}

export interface ToSimulate {
  /** Other values than the saved policy's, as the form or an earlier request has them. */
  policy: PolicyChanges | SimulationRequest["policy"];
  settings: SimulationChanges;
}

/** Replay the policies; the record says which simulation it is. */
export function useStartSimulation(filename: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ policy, settings }: ToSimulate) => {
      const body = { filename, policy, ...requestSettings(settings) } as SimulationRequest;
      return (await unwrap(api.POST("/api/simulations", { body }))) as SimulationRecord;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["simulations", filename] }),
  });
}

export function useCancelSimulation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/api/simulations/{simulation_id}", { params: { path: { simulation_id: id } } })),
    onSettled: (_none, _error, id) => queries.invalidateQueries({ queryKey: ["simulation", id] }),
  });
}

/** The policies that can be replayed, and what one is called. */
export function useSimulatedPolicies() {
  const { data = [] } = useQuery({
    queryKey: ["simulated policies"],
    queryFn: () => unwrap(api.GET("/api/simulations/policies")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const labelOf = (key: string) => data.find(({ policy }) => policy === key)?.label ?? key;
  return { policies: data, labelOf };
}

/** The replicas of one policy beside the demand, over the span or a part of it. */
export function usePath(simulation: string, policy: string | null, span: Span | null) {
  const query = span === null ? {} : { from: isoTime(span.min), to: isoTime(span.max) };
  return useQuery({
    queryKey: ["path", simulation, policy, query],
    enabled: policy !== null,
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/simulations/{simulation_id}/paths/{policy}", {
          params: { path: { simulation_id: simulation, policy: policy ?? "" }, query },
          signal,
        }),
      ),
    staleTime: "static", // what was replayed does not change
    placeholderData: keepPreviousData,
  });
}
