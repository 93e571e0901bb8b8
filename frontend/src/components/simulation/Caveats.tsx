import type { Series, SimulationResult } from "@/api/types";
import { Note } from "@/components/ui/Note";
import type { Plan } from "@/hooks/capacity";
import { usePage } from "@/hooks/usePage";
import { formatList } from "@/lib/format";
import { isolate } from "@/lib/names";
import { newerSince, otherPolicy } from "@/lib/simulation";
import { formatDateTime, toSeconds, zoneName } from "@/lib/time";

interface CaveatsProps {
  result: SimulationResult;
  series: Series;
  plan: Plan;
}

/** What a reader of the sentence must know: traffic that the model knew, and what has moved on since. */
export function Caveats({ result, series, plan }: CaveatsProps) {
  const { zone } = usePage();
  const newer = newerSince(result, series);
  const other = otherPolicy(result.policy, plan.recommendation?.policy ?? null, plan.history);
  const time = (seconds: number) => `${formatDateTime(seconds, zone)} ${zoneName(zone, seconds)}`;
  const known = result.seen_in_training.map(({ name }) => isolate(String(name)));
  return (
    <>
      {known.length > 0 && (
        <Note tone="muted">
          The model was trained on {formatList(known)} in that time: if this is that traffic, its forecasts
          are flattered.
        </Note>
      )}
      {newer !== null && (
        <Note tone="muted">
          It ends at {time(toSeconds(result.to))}; the series now goes on to {time(newer)}.
        </Note>
      )}
      {other && (
        <Note tone="warn">
          Made with {other.made}; now {other.now} holds: {other.changes.join(" · ")}.
        </Note>
      )}
    </>
  );
}
