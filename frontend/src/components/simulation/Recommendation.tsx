import type { Outcome, Series, SimulationResult } from "@/api/types";
import { Problem } from "@/components/capacity/Problem";
import { Button } from "@/components/ui/Button";
import { type Plan, useSavePolicy } from "@/hooks/capacity";
import type { Navigate } from "@/hooks/useView";
import { labelOf, quantileOf, sameLevel, withQuantile } from "@/lib/outcomes";

interface RecommendationProps {
  result: SimulationResult;
  selected: Outcome | undefined;
  series: Series;
  plan: Plan;
  navigate: Navigate;
}

/** The quantile that this traffic speaks for, and the way to let it hold; or that of the policy that is looked at. */
export function Recommendation({ result, selected, series, plan, navigate }: RecommendationProps) {
  const saving = useSavePolicy(series.filename);
  const { recommendation } = result;
  const chosen = selected && quantileOf(result, selected.policy);
  const use = (quantile: number) =>
    saving.mutate(
      { ...withQuantile(result.policy, quantile), mode: "advise" },
      { onSuccess: () => navigate({ policy: {} }) },
    );
  return (
    <section
      aria-label="Recommendation"
      className="grid max-w-4xl gap-2 rounded-md bg-inset px-3 py-2.5 text-sm"
    >
      {recommendation && <p>{recommendation.sentence}</p>}
      <div className="flex flex-wrap gap-2">
        {recommendation && (
          <Button
            size="small"
            variant="primary"
            disabled={saving.isPending}
            onClick={() => use(recommendation.quantile)}
          >
            Use this policy ({labelOf(result, recommendation.policy)})
          </Button>
        )}
        {selected && chosen !== undefined && !sameLevel(chosen, recommendation?.quantile) && (
          <Button size="small" disabled={saving.isPending} onClick={() => use(chosen)}>
            Use {selected.label}
          </Button>
        )}
      </div>
      <p className="text-xs text-muted">
        It is saved in mode advise: every decision is kept, and nothing acts on it.
        {plan.saved?.mode === "serve" && (
          <strong className="text-warn">
            {" "}
            This series serves now: machines are told nothing from then on, until you choose Serve again.
          </strong>
        )}
      </p>
      <p role="status" className="text-xs text-ok empty:hidden">
        {saving.isSuccess && `Saved as policy ${saving.data.history.at(-1)?.number ?? ""}, mode advise.`}
      </p>
      {saving.error && <Problem error={saving.error} />}
    </section>
  );
}
