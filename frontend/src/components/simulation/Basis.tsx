import type { SimulationRequest, SimulationResult } from "@/api/types";
import { useSimulatedPolicies } from "@/hooks/simulations";
import { usePage } from "@/hooks/usePage";
import { countOf } from "@/lib/format";
import { formatSpan, toSeconds } from "@/lib/time";
import { Asked } from "./Asked";

interface BasisProps {
  result: SimulationResult;
  request: SimulationRequest | null;
  onRunAgain: (() => void) | null;
}

/** What a result rests on: the span, what is to be known of it, what was left out, and every setting. */
export function Basis({ result, request, onRunAgain }: BasisProps) {
  const { zone } = usePage();
  const { labelOf } = useSimulatedPolicies();
  return (
    <details className="text-xs">
      <summary className="font-semibold">What it rests on</summary>
      <p className="mt-2">
        {formatSpan(toSeconds(result.from), toSeconds(result.to), zone)} ·{" "}
        {countOf(result.windows, "known window")} · {countOf(Math.round(result.requests), "request")} · model{" "}
        {result.version}
      </p>
      <ul className="mt-2 list-disc space-y-1 pl-4 text-muted">
        {result.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        {result.left_out.map(({ policy, reason }) => (
          <li key={policy}>
            {labelOf(policy)} was left out: {reason}.
          </li>
        ))}
      </ul>
      <Asked policy={result.policy} settings={request ?? result.settings} onRunAgain={onRunAgain} />
    </details>
  );
}
