import { type ReactNode, useState } from "react";
import { describeError } from "@/api/errors";
import type { AccuracySpan, Score } from "@/api/types";
import { Select } from "@/components/ui/Select";
import { Skeleton } from "@/components/ui/Skeleton";
import { useAccuracy } from "@/hooks/queries";
import { compareErrors, type ErrorComparison, gainText } from "@/lib/accuracy";
import { countOf, formatDuration, formatRate, RATE_UNIT } from "@/lib/format";
import { scoredName } from "@/lib/names";
import { Tile } from "./Tile";

const SPANS: Record<AccuracySpan, string> = { "1h": "last hour", "24h": "last 24 h", "7d": "last 7 days" };

interface AccuracyTileProps {
  filename: string;
  windowSeconds: number;
}

/** How wrong both models were one window ahead, beside the naive baselines over the same windows. */
export function AccuracyTile({ filename, windowSeconds }: AccuracyTileProps) {
  const [span, setSpan] = useState<AccuracySpan>("24h");
  const accuracy = useAccuracy(span, filename);
  const comparison = accuracy.data && accuracy.data.scores.length > 0 ? compareErrors(accuracy.data) : null;

  return (
    <Tile
      title={`Error ${formatDuration(windowSeconds)} ahead (RMSE, ${RATE_UNIT})`}
      aside={
        <Select
          aria-label="Span of the error"
          className="-my-1.5"
          value={span}
          onChange={(event) => setSpan(event.target.value as AccuracySpan)}
        >
          {Object.entries(SPANS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      }
    >
      {accuracy.isPending && <Skeleton className="mt-3 h-16" />}
      {accuracy.error && !accuracy.data && (
        <p className="mt-3 text-xs text-muted">{describeError(accuracy.error).detail}</p>
      )}
      {accuracy.data && !comparison?.models.length && (
        <p className="mt-3 text-xs text-muted">
          No window of this span has both a known rate and a forecast.
        </p>
      )}
      {comparison && comparison.models.length > 0 && <Errors comparison={comparison} />}
    </Tile>
  );
}

function Errors({ comparison }: { comparison: ErrorComparison }) {
  const { models, naive, others } = comparison;
  const scores = [...models.map((entry) => entry.score), ...(naive ? [naive] : []), ...others];
  const largest = Math.max(...scores.map((score) => score.rmse));
  const origins = models[0]?.score.origins ?? 0;
  return (
    <>
      <ul className="mt-4 grid gap-2 text-xs">
        {models.map(({ model, score, gain }) => (
          <ErrorRow key={model} score={score} largest={largest} bar={BARS[model]}>
            {gain !== null && naive && (
              <span className={gain < -0.005 ? "text-warn" : gain > 0.005 ? "text-ok" : "text-muted"}>
                {gainText(gain, scoredName(naive.model))}
              </span>
            )}
          </ErrorRow>
        ))}
        {naive && (
          <ErrorRow score={naive} largest={largest} bar="fill-control">
            <span className="text-muted">naive baseline</span>
          </ErrorRow>
        )}
      </ul>
      <p className="mt-2 text-2xs text-muted">
        {countOf(origins, "window")} scored
        {others[0] &&
          ` · best other baseline: ${scoredName(others[0].model)} (${formatRate(others[0].rmse)})`}
      </p>
    </>
  );
}

const BARS = { lgbm_plus: "fill-series-lgbm-plus", lgbm: "fill-series-lgbm" };

interface ErrorRowProps {
  score: Score;
  largest: number;
  bar: string;
  children: ReactNode;
}

function ErrorRow({ score, largest, bar, children }: ErrorRowProps) {
  return (
    <li className="grid grid-cols-[4rem_minmax(2rem,1fr)_3rem] items-center gap-x-2.5">
      <span className="truncate">{scoredName(score.model)}</span>
      <svg
        aria-hidden="true"
        className="h-1.5 w-full overflow-hidden rounded-full bg-inset"
        preserveAspectRatio="none"
        viewBox="0 0 100 1"
      >
        <rect width={largest > 0 ? (100 * score.rmse) / largest : 0} height="1" className={bar} />
      </svg>
      <span className="text-right font-medium">{formatRate(score.rmse)}</span>
      <span className="col-span-2 col-start-2">{children}</span>
    </li>
  );
}
