import { useMemo, useState } from "react";
import type { Outcome, SimulationResult } from "@/api/types";
import { Problem } from "@/components/capacity/Problem";
import { ChartLoading } from "@/components/chart/ChartStates";
import { Legend } from "@/components/chart/Legend";
import { Plot } from "@/components/chart/Plot";
import { Button } from "@/components/ui/Button";
import { Select } from "@/components/ui/Select";
import { usePath } from "@/hooks/simulations";
import { usePage } from "@/hooks/usePage";
import { type Span, withinResult } from "@/lib/outcomes";
import { pathModel, pathSummary } from "@/lib/simulationPath";
import { formatSpan } from "@/lib/time";
import { Comparison } from "./Comparison";
import { WorstMoments } from "./WorstMoments";

interface PathViewProps {
  id: string;
  result: SimulationResult;
  selected: Outcome;
  compared: Outcome | null;
  span: Span | null;
  onSelect: (policy: string) => void;
  onCompare: (policy: string | null) => void;
  onSpan: (span: Span | null) => void;
}

/** The replicas of one policy beside the demand, and beside another policy's; the moments when it was short. */
export function PathView({
  id,
  result,
  selected,
  compared,
  span,
  onSelect,
  onCompare,
  onSpan,
}: PathViewProps) {
  const { policies } = result;
  return (
    <section aria-labelledby="simulation-path" className="grid min-w-0 gap-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-xs">
        <h3 id="simulation-path" className="font-semibold">
          Replicas of
        </h3>
        <PolicySelect
          label="Policy that is drawn"
          policies={policies}
          value={selected.policy}
          onChoose={(policy) => policy && onSelect(policy)}
        />
        <span className="text-muted">beside</span>
        <PolicySelect
          label="Policy beside it"
          none="no other"
          policies={policies.filter(({ policy }) => policy !== selected.policy)}
          value={compared?.policy ?? ""}
          onChoose={onCompare}
        />
      </div>
      <PathChart {...{ id, result, selected, compared, span, onSpan }} />
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        <WorstMoments outcome={selected} result={result} onSpan={onSpan} />
        {compared && <Comparison result={result} one={selected} other={compared} />}
      </div>
    </section>
  );
}

interface PolicySelectProps {
  label: string;
  none?: string;
  policies: readonly Outcome[];
  value: string;
  onChoose: (policy: string | null) => void;
}

function PolicySelect({ label, none, policies, value, onChoose }: PolicySelectProps) {
  return (
    <Select
      size="small"
      aria-label={label}
      value={value}
      onChange={(event) => onChoose(event.target.value || null)}
    >
      {none && <option value="">{none}</option>}
      {policies.map(({ policy, label: name }) => (
        <option key={policy} value={policy}>
          {name}
        </option>
      ))}
    </Select>
  );
}

type PathChartProps = Pick<PathViewProps, "id" | "result" | "selected" | "compared" | "span" | "onSpan">;

function PathChart({ id, result, selected, compared, span, onSpan }: PathChartProps) {
  const { zone } = usePage();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const one = usePath(id, selected.policy, span);
  const other = usePath(id, compared?.policy ?? null, span);
  const beside = compared ? other.data : undefined;
  const paths = useMemo(() => [one.data, beside].filter((path) => path !== undefined), [one.data, beside]);
  const model = useMemo(() => pathModel(paths, result.window_seconds), [paths, result.window_seconds]);
  const error = one.error ?? other.error;
  if (error) return <Problem error={error} />;
  if (!model) return <ChartLoading />;
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <Legend model={model} hidden={hidden} onHidden={setHidden} />
        <p className="flex items-center gap-2 text-xs text-muted">
          {formatSpan(model.times[0] ?? model.now, model.end, zone)}
          {span && (
            <Button size="small" onClick={() => onSpan(null)}>
              Whole span
            </Button>
          )}
        </p>
      </div>
      <Plot
        key={model.lines.map(({ key }) => key).join()}
        model={model}
        subject="replicas"
        unit="replicas"
        summary={pathSummary(model, paths, zone)}
        border={null}
        hidden={hidden}
        zoom={span}
        onZoom={(zoom) => onSpan(zoom && withinResult(zoom, result))}
      />
    </div>
  );
}
