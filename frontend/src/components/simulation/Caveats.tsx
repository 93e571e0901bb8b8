import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Series, SimulationResult } from "@/api/types";
import type { Plan } from "@/hooks/capacity";
import { usePage } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
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
        <Note quiet>
          The model was trained on {formatList(known)} in that time: if this is that traffic, its forecasts
          are flattered.
        </Note>
      )}
      {newer !== null && (
        <Note quiet>
          It ends at {time(toSeconds(result.to))}; the series now goes on to {time(newer)}.
        </Note>
      )}
      {other && (
        <Note>
          Made with {other.made}; now {other.now} holds: {other.changes.join(" · ")}.
        </Note>
      )}
    </>
  );
}

function Note({ quiet = false, children }: { quiet?: boolean; children: ReactNode }) {
  return (
    <p className={classes("flex items-start gap-1.5 text-xs", quiet ? "text-muted" : "text-warn")}>
      <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
