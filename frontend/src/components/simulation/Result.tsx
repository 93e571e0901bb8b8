import type { Series, SimulationRequest, SimulationResult } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { DownloadLink } from "@/components/ui/DownloadLink";
import type { Plan } from "@/hooks/capacity";
import type { Navigate } from "@/hooks/useView";
import { shownOutcome } from "@/lib/outcomes";
import { whatIfTexts } from "@/lib/simulationSettings";
import type { SimulationView } from "@/lib/simulationView";
import { Basis } from "./Basis";
import { Caveats } from "./Caveats";
import { OutcomeTable } from "./OutcomeTable";
import { PathView } from "./PathView";
import { Picture } from "./Picture";
import { Recommendation } from "./Recommendation";

interface ResultProps {
  id: string;
  result: SimulationResult;
  request: SimulationRequest | null;
  onRunAgain: (() => void) | null;
  series: Series;
  plan: Plan;
  shown: SimulationView;
  change: (part: Partial<SimulationView>, replace?: boolean) => void;
  navigate: Navigate;
}

/** What came out: a sentence, what to do, the picture, one policy beside another, every figure, and what it rests on. */
export function Result({ id, result, request, onRunAgain, ...page }: ResultProps) {
  const { series, plan, shown, change, navigate } = page;
  const selected = shownOutcome(result, shown.replayed);
  const compared = result.policies.find(({ policy }) => policy === shown.compared) ?? null;
  const changed = whatIfTexts(result.settings);
  const select = (policy: string) =>
    change({ replayed: policy, ...(policy === shown.compared ? { compared: null } : {}) }, false);
  const report = (format: string) => `/api/simulations/${encodeURIComponent(id)}/report?format=${format}`;
  return (
    <div className="grid min-w-0 gap-5">
      <div className="grid gap-3">
        {changed.length > 0 && (
          <p className="text-xs">
            <Badge tone="warn" className="mr-2">
              what if
            </Badge>
            Not the traffic that came: {changed.join(" · ")}
          </p>
        )}
        <p className="max-w-4xl text-base">{result.sentence}</p>
        <Caveats result={result} series={series} plan={plan} />
        <Recommendation result={result} selected={selected} {...{ series, plan, navigate }} />
      </div>
      <Picture
        result={result}
        shortage={shown.shortage}
        onShortage={(shortage) => change({ shortage })}
        selected={selected?.policy}
        compared={compared?.policy ?? null}
        onSelect={select}
      />
      {selected && (
        <PathView
          id={id}
          result={result}
          selected={selected}
          compared={compared}
          span={shown.span}
          onSelect={select}
          onCompare={(policy) => change({ compared: policy })}
          onSpan={(span) => change({ span })}
        />
      )}
      <OutcomeTable
        result={result}
        sort={shown.sort}
        onSort={(sort) => change({ sort })}
        selected={selected?.policy}
        onSelect={select}
      />
      <div className="flex flex-wrap items-center gap-2">
        <DownloadLink href={report("csv")} name={`${series.filename} simulation.csv`}>
          CSV
        </DownloadLink>
        <DownloadLink href={report("html")} name={`${series.filename} simulation.html`}>
          Report (HTML)
        </DownloadLink>
      </div>
      <Basis result={result} request={request} onRunAgain={onRunAgain} />
    </div>
  );
}
