import type { Policy, SimulationRecord } from "@/api/types";
import { sentence } from "@/lib/format";
import { inFormWords } from "@/lib/formWords";
import { Asked } from "./Asked";

interface EndedProps {
  record: SimulationRecord;
  onRunAgain: (() => void) | null;
}

/** A simulation that ended without a result. */
export function Ended({ record: { state, problem, request }, onRunAgain }: EndedProps) {
  return (
    <>
      {state === "cancelled" ? (
        <p role="status" className="text-sm text-muted">
          The simulation was cancelled; it has no result.
        </p>
      ) : (
        <p role="alert" className="rounded-md bg-danger-soft px-2.5 py-2 text-sm text-danger">
          The simulation failed. {problem && sentence(inFormWords(problem))}
        </p>
      )}
      {request && (
        <details className="text-xs">
          <summary className="font-semibold">What was asked</summary>
          <Asked policy={request.policy as Policy} settings={request} onRunAgain={onRunAgain} />
        </details>
      )}
    </>
  );
}
