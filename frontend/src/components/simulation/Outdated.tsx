import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Series, SimulationResult } from "@/api/types";
import type { Plan } from "@/hooks/capacity";
import { usePage } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { newerSince, otherPolicy } from "@/lib/simulation";
import { formatDateTime, toSeconds, zoneName } from "@/lib/time";

interface OutdatedProps {
  result: SimulationResult;
  series: Series;
  plan: Plan;
}

/** Whether the series or the policy has moved on since. */
export function Outdated({ result, series, plan }: OutdatedProps) {
  const { zone } = usePage();
  const newer = newerSince(result, series);
  const other = otherPolicy(result.policy, plan.recommendation?.policy ?? null, plan.history);
  const time = (seconds: number) => `${formatDateTime(seconds, zone)} ${zoneName(zone, seconds)}`;
  return (
    <>
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
