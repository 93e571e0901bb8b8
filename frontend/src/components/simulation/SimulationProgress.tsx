import type { SimulationRecord } from "@/api/types";
import { Problem } from "@/components/capacity/Problem";
import { Button } from "@/components/ui/Button";
import { Progress } from "@/components/ui/Progress";
import { useCancelSimulation } from "@/hooks/simulations";
import { formatPercent } from "@/lib/format";
import { SIMULATION_STATES } from "@/lib/simulation";

/** How far a simulation is, and the way to end it. It goes on when the page is left. */
export function SimulationProgress({ record: { id, state, share } }: { record: SimulationRecord }) {
  const cancellation = useCancelSimulation();
  const { label } = SIMULATION_STATES[state];
  const known = state === "waiting" ? null : share;
  return (
    <div className="flex items-center gap-3">
      <div className="min-w-0 flex-1">
        <Progress
          label={label}
          share={known}
          text={known === null ? label : `${label} · ${formatPercent(known)}`}
        />
        {cancellation.error && <Problem error={cancellation.error} />}
      </div>
      <Button size="small" disabled={cancellation.isPending} onClick={() => cancellation.mutate(id)}>
        Cancel
      </Button>
    </div>
  );
}
