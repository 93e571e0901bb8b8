import type { ReactNode } from "react";
import type { Score } from "@/api/types";
import { type HorizonScores, scoredModels } from "@/lib/accuracy";
import { classes } from "@/lib/classes";
import { formatDuration, formatPercent, formatRate, formatSigned, RATE_UNIT, UNKNOWN } from "@/lib/format";
import { scoredName } from "@/lib/names";

interface ScoresTableProps {
  horizons: readonly HorizonScores[];
  windowSeconds: number;
  /** The model whose band and bias are told. */
  judged: string;
}

/** Errors of models and baselines, horizons side by side, the least of each in bold; then how the judged model errs. */
export function ScoresTable({ horizons, windowSeconds, judged }: ScoresTableProps) {
  return (
    <div className="mt-2 overflow-x-auto">
      <table className="w-full text-xs">
        <caption className="sr-only">Errors by model and horizon, {RATE_UNIT}</caption>
        <thead>
          <tr className="text-2xs text-muted">
            <th scope="col" className="py-1 pr-2 text-left font-medium">
              RMSE, {RATE_UNIT}
            </th>
            {horizons.map(({ horizon }) => (
              <th key={horizon} scope="col" className="py-1 pl-2 text-right font-medium whitespace-nowrap">
                {formatDuration(horizon * windowSeconds)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {scoredModels(horizons).map((model) => (
            <Row key={model} title={scoredName(model)}>
              {horizons.map(({ horizon, scores, best }) => {
                const rmse = scores.get(model)?.rmse;
                return (
                  <Cell key={horizon} strong={rmse === best}>
                    {formatRate(rmse)}
                  </Cell>
                );
              })}
            </Row>
          ))}
        </tbody>
        <tbody className="border-t border-line">
          {DETAILS.map(({ title, text }) => (
            <Row key={title} title={`${scoredName(judged)} ${title}`}>
              {horizons.map(({ horizon, scores }) => {
                const score = scores.get(judged);
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
  {
    title: "within p10–p90",
    text: ({ p10_coverage: low, p90_coverage: high }) =>
      low === null || high === null ? UNKNOWN : formatPercent(high - low),
  },
  { title: "too low", text: ({ under_forecast }) => formatPercent(under_forecast) },
  { title: "mean error", text: ({ bias }) => formatSigned(bias) },
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
