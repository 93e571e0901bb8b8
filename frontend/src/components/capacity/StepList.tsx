import type { Recommendation } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { STEPS } from "@/lib/capacity";
import { formatCount } from "@/lib/format";

/** Every step of the plan in its order: what it allowed, and the number after it. */
export function StepList({ steps, binding }: Pick<Recommendation, "steps" | "binding">) {
  return (
    <table className="w-full max-w-xl text-xs">
      <caption className="sr-only">Steps of the plan</caption>
      <thead className="text-muted">
        <tr>
          <th scope="col" className="pb-1 text-left font-medium">
            Step
          </th>
          <th scope="col" className="pb-1 text-right font-medium">
            Its limit
          </th>
          <th scope="col" className="pb-1 text-right font-medium">
            Replicas after it
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ name, limit, replicas }) => (
          <tr key={name}>
            <th scope="row" className="border-t border-line py-1 text-left font-normal">
              {STEPS[name]}
              {name === binding && (
                <Badge tone="accent" className="ml-2">
                  decides
                </Badge>
              )}
            </th>
            <td className="border-t border-line py-1 text-right">{formatCount(limit)}</td>
            <td className="border-t border-line py-1 text-right font-medium">{formatCount(replicas)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
