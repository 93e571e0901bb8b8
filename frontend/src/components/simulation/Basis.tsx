import type { SimulationResult } from "@/api/types";
import { useSimulatedPolicies } from "@/hooks/simulations";
import { usePage } from "@/hooks/usePage";
import { countOf } from "@/lib/format";
import { policyTexts } from "@/lib/policy";
import { settingTexts } from "@/lib/simulationSettings";
import { formatSpan, toSeconds } from "@/lib/time";

/** What a result rests on: the span, what is to be known of it, what was left out, and every setting. */
export function Basis({ result }: { result: SimulationResult }) {
  const { zone } = usePage();
  const { data: infos = [] } = useSimulatedPolicies();
  const labelOf = (key: string) => infos.find(({ policy }) => policy === key)?.label ?? key;
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
      <div className="mt-3 grid gap-4 md:grid-cols-2">
        <Values title="Policy" values={policyTexts(result.policy)} />
        <Values title="Settings" values={settingTexts(result.settings)} />
      </div>
    </details>
  );
}

function Values({ title, values }: { title: string; values: { label: string; text: string }[] }) {
  return (
    <div className="min-w-0">
      <h4 className="mb-1 font-medium">{title}</h4>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4">
        {values.map(({ label, text }) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="text-right break-words">{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
