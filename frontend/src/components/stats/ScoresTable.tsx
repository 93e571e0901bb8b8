import type { ReactNode } from "react";
import type { Score } from "@/api/types";
import { useLimits } from "@/hooks/usePage";
import { type HorizonScores, tabledCandidates } from "@/lib/accuracy";
import { classes } from "@/lib/classes";
import {
  formatDuration,
  formatPercent,
  RATE_UNIT,
  rateFormat,
  shareFormat,
  signedFormat,
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
    // Five horizons are wider than a phone; a keyboard scrolls them.
    <div role="group" aria-label="Errors" tabIndex={0} className="mt-2 overflow-x-auto">
      {/* Columns as wide as their figures may become: no title wraps, and nothing moves, when the scores come. */}
      <table className="w-full min-w-76 table-fixed text-xs">
        <caption className="sr-only">Errors by model and horizon</caption>
        <thead>
          <tr className="text-2xs text-muted">
            <th scope="col" className="py-1 pr-2 text-left font-medium">
              <abbr title="sum of absolute errors over the sum of traffic">WAPE</abbr>, %
            </th>
            {horizons.map(({ horizon }) => (
              <th
                key={horizon}
                scope="col"
                className="w-12 py-1 pl-1 text-right font-medium whitespace-nowrap"
              >
                {formatDuration(horizon * windowSeconds)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tabledCandidates(horizons, limits).map((key) => (
            <Row key={key} title={labelOf(limits, key)}>
              <Wapes horizons={horizons} candidate={key} />
            </Row>
          ))}
        </tbody>
        <tbody className="border-t border-line">
          {DETAILS.map(({ title, texts }) => (
            <Row key={title} title={`${preferred.label} ${title}`}>
              {texts(horizons.map(({ scores }) => scores.get(preferred.key))).map((text, place) => (
                <Cell key={horizons[place]?.horizon} small>
                  {text}
                </Cell>
              ))}
            </Row>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Wapes({ horizons, candidate }: { horizons: readonly HorizonScores[]; candidate: string }) {
  const wapes = horizons.map(({ scores }) => scores.get(candidate)?.wape ?? null);
  const format = shareFormat(wapes);
  return horizons.map(({ horizon, leastWape }, place) => (
    <Cell key={horizon} strong={wapes[place] != null && wapes[place] === leastWape}>
      {format(wapes[place])}
    </Cell>
  ));
}

type Scored = readonly (Score | undefined)[];

/** More of one model: a row of texts for its scores at each horizon. */
const DETAILS: { title: string; texts: (scores: Scored) => string[] }[] = [
  { title: `RMSE, ${RATE_UNIT}`, texts: (scores) => withFormat(rateFormat, scores, ({ rmse }) => rmse) },
  {
    title: "within p10–p90",
    texts: (scores) =>
      scores.map((score) => (score?.coverage == null ? UNKNOWN : formatPercent(score.coverage))),
  },
  {
    title: "under-forecast",
    texts: (scores) => scores.map((score) => (score ? formatPercent(score.under_forecast) : UNKNOWN)),
  },
  {
    title: `mean error, ${RATE_UNIT}`,
    // As precise as the RMSE: more digits would say nothing, and five columns have no room for them.
    texts: (scores) =>
      withFormat(
        signedFormat,
        scores,
        ({ bias }) => bias,
        ({ rmse }) => rmse,
      ),
  },
];

function withFormat(
  formatOf: (values: number[]) => (value: number) => string,
  scores: Scored,
  value: (score: Score) => number,
  precisionOf = value,
): string[] {
  const format = formatOf(scores.flatMap((score) => (score ? [precisionOf(score)] : [])));
  return scores.map((score) => (score ? format(value(score)) : UNKNOWN));
}

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

interface CellProps {
  strong?: boolean;
  /** For "+0.0043", which would touch its neighbour. */
  small?: boolean;
  children: ReactNode;
}

function Cell({ strong = false, small = false, children }: CellProps) {
  return (
    <td
      className={classes(
        "py-0.5 pl-1 text-right whitespace-nowrap",
        strong && "font-semibold",
        small && "text-2xs",
      )}
    >
      {children}
    </td>
  );
}
