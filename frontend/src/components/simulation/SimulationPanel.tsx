import { useState } from "react";
import { isGone } from "@/api/errors";
import type { Series } from "@/api/types";
import { FirstPolicy } from "@/components/capacity/FirstPolicy";
import { Problem } from "@/components/capacity/Problem";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { Skeleton } from "@/components/ui/Skeleton";
import type { Plan } from "@/hooks/capacity";
import { type ToSimulate, useSimulation, useStartSimulation } from "@/hooks/simulations";
import type { Navigate } from "@/hooks/useView";
import { classes } from "@/lib/classes";
import type { PolicyChanges } from "@/lib/policy";
import { isSimulating } from "@/lib/simulation";
import { changesOf } from "@/lib/simulationSettings";
import { NO_SIMULATION, type SimulationView } from "@/lib/simulationView";
import type { View } from "@/lib/view";
import { Ended } from "./Ended";
import { Result } from "./Result";
import { ResultSelect } from "./ResultSelect";
import { SettingsForm } from "./SettingsForm";
import { SimulationProgress } from "./SimulationProgress";

interface SimulationPanelProps {
  series: Series;
  plan: Plan;
  view: View;
  navigate: Navigate;
}

/** What the button asks. */
const QUESTION = "What would it have cost and missed?";
const PURPOSE =
  "Replays your policy and others on this series' own days: what each would have paid for, and when it would have been short.";

/** Policies replayed on the series' own traffic: asked for, followed, read. */
export function SimulationPanel({ series, plan, view, navigate }: SimulationPanelProps) {
  const { filename } = series;
  const shown = view.simulation;
  const [setting, setSetting] = useState(false);
  const change = (part: Partial<SimulationView>, replace = true) =>
    navigate({ simulation: { ...shown, ...part } }, { replace });
  const { list, answer, error, loading } = useSimulation(filename, shown.id);
  const starting = useStartSimulation(filename);
  const simulate = (asked: ToSimulate) =>
    starting.mutate(asked, {
      onSuccess: ({ id }, { settings }) =>
        navigate({ simulation: { ...NO_SIMULATION, shortage: shown.shortage, settings, id } }),
    });
  const start = (policy: PolicyChanges) => simulate({ policy, settings: shown.settings });
  const running = answer !== undefined && isSimulating(answer);
  const result = answer?.result ?? null;
  const again = list.some(({ state }) => state === "done");
  const blocked = starting.isPending || running || plan.pending;
  const request = answer?.request ?? null;
  const onRunAgain =
    request && !blocked ? () => simulate({ policy: request.policy, settings: changesOf(request) }) : null;

  return (
    <Card aria-labelledby="simulation-title" className="min-w-0">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 p-4 pb-2">
        <h2 id="simulation-title" className="text-sm font-semibold">
          Simulation
        </h2>
        <ResultSelect
          list={list}
          shown={answer?.id ?? null}
          onChoose={(id) => change({ id, replayed: null, compared: null, span: null }, false)}
        />
      </div>
      {plan.unset ? (
        <FirstPolicy
          filename={filename}
          name="First simulation"
          purpose={PURPOSE}
          action={QUESTION}
          onTry={(policy) => {
            navigate({ policy });
            start(policy);
          }}
        />
      ) : (
        <div className="grid gap-3 px-4 pb-4">
          {!again && !running && <p className="max-w-4xl text-sm text-muted">{PURPOSE}</p>}
          <div className="flex flex-wrap items-center gap-2">
            <Button
              variant={again ? "outline" : "primary"}
              disabled={blocked}
              onClick={() => start(view.policy)}
            >
              {again ? "Simulate again" : QUESTION}
            </Button>
            <Button
              variant="ghost"
              aria-expanded={setting}
              aria-controls="simulation-settings"
              onClick={() => setSetting(!setting)}
            >
              What if, and settings
            </Button>
          </div>
          <div id="simulation-settings" className={classes(!setting && "hidden")}>
            <SettingsForm settings={shown.settings} onChange={(settings) => change({ settings })} />
          </div>
        </div>
      )}
      <div className="grid gap-3 px-4 pb-4 empty:hidden">
        {starting.error && <Problem error={starting.error} />}
        {error && isGone(error) && shown.id !== null ? (
          <p role="alert" className="text-sm">
            This result is not kept any more: a series keeps its ten newest.{" "}
            <Button size="small" onClick={() => change({ id: null })}>
              Show the newest
            </Button>
          </p>
        ) : (
          error && <Problem error={error} />
        )}
        {loading && !error && <Skeleton className="h-24 w-full" />}
        {answer && running && <SimulationProgress record={answer} />}
        {answer && !running && result === null && <Ended record={answer} onRunAgain={onRunAgain} />}
        {answer && result && (
          <Result
            id={answer.id}
            result={result}
            {...{ request, onRunAgain, series, plan, shown, change, navigate }}
          />
        )}
      </div>
    </Card>
  );
}
