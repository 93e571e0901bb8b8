import type { SimulationRecord } from "@/api/types";
import { sentence } from "@/lib/format";
import { inSettingWords } from "@/lib/simulationSettings";

/** A simulation that ended without a result. */
export function Ended({ record: { state, problem } }: { record: SimulationRecord }) {
  if (state === "cancelled")
    return (
      <p role="status" className="text-sm text-muted">
        The simulation was cancelled; nothing of it is kept.
      </p>
    );
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-2.5 py-2 text-sm text-danger">
      The simulation failed. {problem && sentence(inSettingWords(problem))}
    </p>
  );
}
