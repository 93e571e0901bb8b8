import type { Policy, PolicyVersion, Series, SimulationRecord, SimulationResult } from "@/api/types";
import { changeTexts } from "./policy";
import { toSeconds } from "./time";

type State = SimulationRecord["state"];

/** Every state that a simulation can be in. */
export const SIMULATION_STATES: Record<State, { label: string; running?: true }> = {
  waiting: { label: "Waiting for another simulation to end", running: true },
  simulating: { label: "Replaying the policies", running: true },
  done: { label: "Done" },
  failed: { label: "Failed" },
  cancelled: { label: "Cancelled" },
};

export function isSimulating({ state }: Pick<SimulationRecord, "state">): boolean {
  return SIMULATION_STATES[state].running === true;
}

/** The one to show where the address names none: the newest that runs or has a result, else the newest. */
export function defaultSimulation(newestFirst: readonly SimulationRecord[]): SimulationRecord | undefined {
  return newestFirst.find((each) => isSimulating(each) || each.state === "done") ?? newestFirst[0];
}

/** Since when the series has newer windows than a result, epoch seconds; null where it has none. */
export function newerSince(result: SimulationResult, { last, window_seconds }: Series): number | null {
  const end = toSeconds(last) + window_seconds;
  return end > toSeconds(result.to) ? end : null;
}

/** Which policy a result was made with, where the one that holds on the page now is another; null where it is that. */
export function otherPolicy(
  made: Policy,
  now: Policy | null,
  history: readonly PolicyVersion[],
): { made: string; now: string; changes: string[] } | null {
  if (now === null) return null;
  const changes = changeTexts(made, now);
  if (changes.length === 0) return null;
  return { made: versionName(made, history), now: versionName(now, history), changes };
}

/** "policy 3", or what it is where it was not saved. The mode changes nothing of a number. */
function versionName(policy: Policy, history: readonly PolicyVersion[]): string {
  const version = history.findLast((each) => each.policy && changeTexts(each.policy, policy).length === 0);
  return version ? `policy ${version.number}` : "a policy that is not saved";
}
