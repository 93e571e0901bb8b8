import { useId } from "react";
import { Button } from "@/components/ui/Button";
import { useSimulatedPolicies } from "@/hooks/simulations";
import { chosenPolicies, withPolicy } from "@/lib/simulationSettings";

interface PolicyChoiceProps {
  label: string;
  /** The keys that are chosen, which commas part; empty for all. */
  text: string;
  onChange: (text: string) => void;
}

/** Which policies are replayed: all of them, until some are left out. */
export function PolicyChoice({ label, text, onChange }: PolicyChoiceProps) {
  const { policies } = useSimulatedPolicies();
  const id = useId();
  const chosen = chosenPolicies(text, policies);
  const count = text === "" ? "all" : `${chosen.length} of ${policies.length}`;
  return (
    <details className="col-span-full text-xs">
      <summary>
        {label}: {count}
      </summary>
      <ul className="mt-2 grid gap-x-4 gap-y-1.5 lg:grid-cols-2">
        {policies.map(({ policy, label: name, description }) => (
          <li key={policy} className="flex min-w-0 items-start gap-2">
            <input
              id={`${id}-${policy}`}
              type="checkbox"
              aria-describedby={`${id}-${policy}-does`}
              checked={chosen.includes(policy)}
              // None at all would be all of them again.
              disabled={chosen.length === 1 && chosen.includes(policy)}
              onChange={(event) => onChange(withPolicy(text, policies, policy, event.target.checked))}
              className="mt-0.5 size-3.5 shrink-0 accent-accent"
            />
            <div className="min-w-0">
              <label htmlFor={`${id}-${policy}`}>{name}</label>
              <p id={`${id}-${policy}-does`} className="text-muted">
                {description}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {text !== "" && (
        <Button size="small" className="mt-2" onClick={() => onChange("")}>
          All policies
        </Button>
      )}
    </details>
  );
}
