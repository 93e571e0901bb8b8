import type { Policy, SimulationRequest, SimulationSettings } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { useSimulatedPolicies } from "@/hooks/simulations";
import { policyTexts } from "@/lib/policy";
import { settingTexts } from "@/lib/simulationSettings";

interface AskedProps {
  policy: Policy;
  settings: SimulationSettings | SimulationRequest;
  /** null where what was asked was not kept. */
  onRunAgain: (() => void) | null;
}

/** With which policy and settings a simulation was made. */
export function Asked({ policy, settings, onRunAgain }: AskedProps) {
  const { labelOf } = useSimulatedPolicies();
  return (
    <>
      <div className="mt-3 grid gap-4 text-xs md:grid-cols-2">
        <Values title="Policy" values={policyTexts(policy)} />
        <Values title="Settings" values={settingTexts(settings, labelOf)} />
      </div>
      {onRunAgain && (
        <Button size="small" className="mt-3" onClick={onRunAgain}>
          Run again with these
        </Button>
      )}
    </>
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
