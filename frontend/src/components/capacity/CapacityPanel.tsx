import { useRef } from "react";
import type { Series } from "@/api/types";
import { Card } from "@/components/ui/Card";
import { Skeleton } from "@/components/ui/Skeleton";
import { Tabs } from "@/components/ui/Tabs";
import { type Plan, useSavePolicy } from "@/hooks/capacity";
import type { Navigate } from "@/hooks/useView";
import { type PolicyName, withChange } from "@/lib/policy";
import { CAPACITY_TABS, type View } from "@/lib/view";
import { BurstOffer } from "./BurstOffer";
import { Changes } from "./Changes";
import { Connect } from "./Connect";
import { DecisionLog } from "./DecisionLog";
import { FirstPolicy } from "./FirstPolicy";
import { Headline } from "./Headline";
import { ModeSwitch } from "./ModeSwitch";
import { PlanSentence } from "./PlanSentence";
import { Problem } from "./Problem";
import { SettingsForm } from "./SettingsForm";
import { StepList } from "./StepList";
import { Truth } from "./Truth";

interface CapacityPanelProps {
  series: Series;
  plan: Plan;
  view: View;
  navigate: Navigate;
}

/** How many replicas, when and why: each term of the plan is a control, and holds for this page until it is saved. */
export function CapacityPanel({ series, plan, view, navigate }: CapacityPanelProps) {
  const { filename } = series;
  const { saved, changes, recommendation } = plan;
  const saving = useSavePolicy(filename);
  const change = (name: PolicyName, text: string) =>
    navigate({ policy: withChange(saved ?? null, changes, name, text) }, { replace: true });
  // It takes the focus from what ends the changes, whose buttons go with them.
  const title = useRef<HTMLHeadingElement>(null);
  const discard = () => {
    saving.reset();
    navigate({ policy: {}, currentReplicas: null });
    title.current?.focus();
  };
  const save = () =>
    recommendation &&
    saving.mutate(recommendation.policy, {
      onSuccess: () => {
        navigate({ policy: {} });
        title.current?.focus();
      },
    });
  const error = saving.error ?? plan.error;

  return (
    <Card aria-labelledby="capacity-title" className="min-w-0">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 p-4 pb-2">
        <h2 ref={title} tabIndex={-1} id="capacity-title" className="text-sm font-semibold outline-none">
          Capacity
        </h2>
        {saved && <ModeSwitch filename={filename} policy={saved} onSave={saving.mutate} />}
      </div>
      {recommendation ? (
        <>
          <div className="grid gap-3 px-4 pb-3">
            <Headline
              recommendation={recommendation}
              pending={plan.pending}
              current={view.currentReplicas}
              onCurrent={(text) => navigate({ currentReplicas: text || null }, { replace: true })}
            />
            <PlanSentence recommendation={recommendation} changed={changes} onChange={change} />
            <BurstOffer
              factor={series.burst_factor}
              planned={recommendation.policy.burst_factor}
              onUse={(factor) => change("burst_factor", factor)}
            />
            {error && <Problem error={error} />}
            <Changes
              saved={saved ?? null}
              policy={recommendation.policy}
              changes={changes}
              onSave={saving.isPending || plan.pending || plan.error ? undefined : save}
              onDiscard={discard}
            />
            <Truth series={series} recommendation={recommendation} serves={saved?.mode === "serve"} />
          </div>
          <div className="border-t border-line">
            <Tabs
              label="The plan"
              look="quiet"
              value={view.capacity}
              options={CAPACITY_TABS}
              onChange={(capacity) => navigate({ capacity }, { replace: true })}
            >
              {view.capacity === "steps" && (
                <StepList steps={recommendation.steps} binding={recommendation.binding} />
              )}
              {view.capacity === "settings" && (
                <SettingsForm policy={recommendation.policy} changes={changes} onChange={change} />
              )}
              {view.capacity === "log" && <Decisions filename={filename} range={view.range} plan={plan} />}
              {view.capacity === "connect" && (
                <Connect filename={filename} mode={saved?.mode ?? null} changes={changes} />
              )}
            </Tabs>
          </div>
        </>
      ) : plan.unset ? (
        <FirstPolicy filename={filename} onTry={(policy) => navigate({ policy })} />
      ) : (
        <div className="grid gap-3 px-4 pb-4">
          {error ? <Problem error={error} /> : <Skeleton className="h-24 w-full" />}
          {error && <Changes saved={saved ?? null} policy={null} changes={changes} onDiscard={discard} />}
        </div>
      )}
    </Card>
  );
}

function Decisions({ filename, range, plan }: { filename: string; range: View["range"]; plan: Plan }) {
  if (plan.decisionsError) return <Problem error={plan.decisionsError} />;
  if (plan.deciding) return <Skeleton className="h-24 w-full" />;
  return (
    <DecisionLog
      filename={filename}
      range={range}
      decisions={plan.decisions}
      logged={plan.logged}
      history={plan.history}
    />
  );
}
