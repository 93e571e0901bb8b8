import type { AccuracySpan, ServedPoint } from "@/api/types";
import { useLimits } from "@/hooks/usePage";
import type { HorizonScores } from "@/lib/accuracy";
import { formatDuration, sentence } from "@/lib/format";
import { groupBy } from "@/lib/groupBy";
import { labelOf } from "@/lib/names";
import { aheadText, disagreementText } from "@/lib/served";

interface ServedNowProps {
  served: readonly ServedPoint[];
  horizons: readonly HorizonScores[];
  span: AccuracySpan;
}

/** Which candidate is served at which horizon, and why where the errors over the panel's span favour another. */
export function ServedNow({ served, horizons, span }: ServedNowProps) {
  const limits = useLimits();
  const because = (point: ServedPoint) => {
    const scores = horizons.find(({ horizon }) => horizon === point.horizon);
    const text = scores ? disagreementText(point, scores, span, limits) : null;
    return text === null ? "." : `: ${text}.`;
  };
  const statements = groupBy(served, (point) => point.model + because(point));
  return (
    <div className="mt-2 grid gap-1 border-t border-line pt-2 text-2xs text-muted">
      {statements.map(([first, ...others]) => (
        <p key={first.horizon}>
          <strong className="font-medium text-ink">{labelOf(limits, first.model)} is served</strong>{" "}
          {aheadText([first, ...others])}
          {because(first)}
        </p>
      ))}
      <details>
        <summary className="font-medium text-accent">Why these are served</summary>
        <ul className="mt-1 grid gap-1">
          {served.map(({ horizon, horizon_seconds, reason }) => (
            <li key={horizon}>
              {formatDuration(horizon_seconds)} ahead: {sentence(reason)}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
