import type { Outcome, SimulationResult } from "@/api/types";
import { usePage } from "@/hooks/usePage";
import { countOf, formatQuantity } from "@/lib/format";
import { type Span, spanAround } from "@/lib/outcomes";
import { formatSpan, toSeconds } from "@/lib/time";

interface WorstMomentsProps {
  outcome: Outcome;
  result: SimulationResult;
  onSpan: (span: Span) => void;
}

/** When a policy was short of most requests; each is a way to see it near. */
export function WorstMoments({ outcome: { label, worst }, result, onSpan }: WorstMomentsProps) {
  const { zone } = usePage();
  return (
    <div className="min-w-0 text-xs">
      <h4 className="mb-1 font-medium">Worst moments of {label}</h4>
      {worst.length === 0 ? (
        <p className="text-muted">It was never short.</p>
      ) : (
        <ol className="grid gap-0.5">
          {worst.map((moment) => {
            const { start, end, requests_short, needed, replicas } = moment;
            return (
              <li key={start}>
                <button
                  type="button"
                  onClick={() => onSpan(spanAround(moment, result))}
                  className="w-full rounded px-1.5 py-1 text-left hover:bg-inset"
                >
                  <span className="block font-medium text-accent underline decoration-dotted underline-offset-2">
                    {formatSpan(toSeconds(start), toSeconds(end), zone)}
                  </span>
                  <span className="text-muted">
                    {formatQuantity(requests_short)} requests short: {countOf(needed, "replica")} needed,{" "}
                    {formatQuantity(replicas)} served
                  </span>
                </button>
              </li>
            );
          })}
        </ol>
      )}
    </div>
  );
}
