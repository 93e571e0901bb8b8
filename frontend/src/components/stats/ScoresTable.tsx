import type { ReactNode } from "react";
import type { Score } from "@/api/types";
import { useLimits } from "@/hooks/usePage";
import { type HorizonScores, scoredCandidates } from "@/lib/accuracy";
import { classes } from "@/lib/classes";
import {
  formatDuration,
  formatPercent,
  formatRate,
  formatShare,
  formatSigned,
  RATE_UNIT,
  UNKNOWN,
} from "@/lib/format";
import { labelOf, preferredModel } from "@/lib/names";

interface ScoresTableProps {
  horizons: readonly HorizonScores[];
  windowSeconds: number;
}

/** WAPE of models and baselines, horizons side by side, the least of each in bold; then more of the preferred model. */
export function ScoresTable({ horizons, windowSeconds }: ScoresTableProps) {
  const limits = useLimits();
  const preferred = preferredModel(limits);
  return (
    <div className="mt-2 overflow-x-auto">
      <table className="w-full text-xs">
        <caption className="sr-only">Errors by model and horizon</caption>
        <thead>
          <tr className="text-2xs text-muted">
            <th scope="col" className="py-1 pr-2 text-left font-medium">
              <abbr title="sum of absolute errors over the sum of traffic">WAPE</abbr>, %
            </th>
            {horizons.map(({ horizon }) => (
              <th key={horizon} scope="col" className="py-1 pl-2 text-right font-medium whitespace-nowrap">
                {formatDuration(horizon * windowSeconds)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {scoredCandidates(horizons, limits).map((key) => (
            <Row key={key} title={labelOf(limits, key)}>
              {horizons.map(({ horizon, scores, leastWape }) => {
                const wape = scores.get(key)?.wape ?? null;
                return (
                  <Cell key={horizon} strong={wape !== null && wape === leastWape}>
                    {formatShare(wape)}
                  </Cell>
                );
              })}
            </Row>
          ))}
        </tbody>
        <tbody className="border-t border-line">
          {DETAILS.map(({ title, text }) => (
            <Row key={title} title={`${preferred.label} ${title}`}>
              {horizons.map(({ horizon, scores }) => {
                const score = scores.get(preferred.key);
                return <Cell key={horizon}>{score ? text(score) : UNKNOWN}</Cell>;
              })}
            </Row>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const DETAILS: { title: string; text: (score: Score) => string }[] = [
  { title: `RMSE, ${RATE_UNIT}`, text: ({ rmse }) => formatRate(rmse) },
  {
    title: "within p10–p90",
    text: ({ p10_coverage: low, p90_coverage: high }) =>
      low === null || high === null ? UNKNOWN : formatPercent(high - low),
  },
  { title: "under-forecast", text: ({ under_forecast }) => formatPercent(under_forecast) },
  { title: `mean error, ${RATE_UNIT}`, text: ({ bias }) => formatSigned(bias) },
];

function Row({ title, children }: { title: string; children: ReactNode }) {
  return (
    <tr>
      <th scope="row" className="py-0.5 pr-2 text-left font-normal text-muted">
        {title}
      </th>
      {children}
    </tr>
  );
}

function Cell({ strong = false, children }: { strong?: boolean; children: ReactNode }) {
  return (
    <td className={classes("py-0.5 pl-2 text-right whitespace-nowrap", strong && "font-semibold")}>
      {children}
    </td>
  );
}
