import { useState } from "react";
import { describeError } from "@/api/errors";
import type { Accuracy, AccuracySpan, ServedPoint } from "@/api/types";
import { Select } from "@/components/ui/Select";
import { useAccuracy } from "@/hooks/queries";
import { useLimits } from "@/hooks/usePage";
import {
  AS_GOOD,
  bestBaseline,
  byHorizon,
  FEW_ORIGINS,
  gainOver,
  gainText,
  type HorizonScores,
  notScored,
  SPANS,
} from "@/lib/accuracy";
import { countOf, formatDuration, UNKNOWN } from "@/lib/format";
import { labelOf, preferredModel, referenceBaseline } from "@/lib/names";
import { ScoresTable } from "./ScoresTable";
import { ServedNow } from "./ServedNow";
import { Tile } from "./Tile";

const ORIGINS: Record<Accuracy["origin"], string> = {
  issued: "each forecast as it was issued",
  rolling: "forecasts computed from every window of the file, as in a backtest",
};

interface AccuracyPanelProps {
  filename: string;
  windowSeconds: number;
  served: readonly ServedPoint[];
}

/** How wrong the forecasts were at every horizon, beside the naive baselines over the same windows. */
export function AccuracyPanel({ filename, windowSeconds, served }: AccuracyPanelProps) {
  const [span, setSpan] = useState<AccuracySpan>("24h");
  const accuracy = useAccuracy(span, filename);
  const limits = useLimits();
  const horizons = accuracy.data ? byHorizon(accuracy.data) : notScored(limits);

  return (
    <Tile
      title="Accuracy"
      aside={
        <Select
          aria-label="Span of the errors"
          className="-my-1.5"
          value={span}
          onChange={(event) => setSpan(event.target.value as AccuracySpan)}
        >
          {Object.entries(SPANS).map(([value, label]) => (
            <option key={value} value={value}>
              last {label}
            </option>
          ))}
        </Select>
      }
    >
      {accuracy.error && !accuracy.data ? (
        <p className="mt-3 text-xs text-muted">{describeError(accuracy.error).detail}</p>
      ) : horizons.length === 0 ? (
        <p className="mt-3 text-xs text-muted">
          No window in this span has both a known rate and a forecast.
        </p>
      ) : (
        <div aria-busy={accuracy.isPending}>
          <Gains horizons={horizons} windowSeconds={windowSeconds} span={span} pending={accuracy.isPending} />
          <ScoresTable horizons={horizons} windowSeconds={windowSeconds} />
          {/* Three lines, which is what it may take: nothing below moves when the scores come. */}
          <div className="mt-2 min-h-12 text-2xs text-muted">
            <Basis horizons={horizons} origin={accuracy.data?.origin} />
            {accuracy.data && <TrainedOn series={accuracy.data.seen_in_training} />}
          </div>
        </div>
      )}
      {served.length > 0 && <ServedNow served={served} horizons={horizons} span={span} />}
    </Tile>
  );
}

interface GainsProps {
  horizons: readonly HorizonScores[];
  windowSeconds: number;
  span: AccuracySpan;
  pending: boolean;
}

function Gains({ horizons, windowSeconds, span, pending }: GainsProps) {
  const limits = useLimits();
  const preferred = preferredModel(limits);
  const reference = referenceBaseline(limits);
  return (
    <>
      <dl className="mt-3 grid grid-cols-[repeat(auto-fit,minmax(5.25rem,1fr))] gap-2">
        {horizons.map((scores) => {
          const gain = gainOver(reference, preferred.key, scores);
          return (
            // The verdict takes one line and the best baseline up to three, whatever widths a browser gives the letters:
            // the place is kept, so that nothing moves when the scores come.
            <div key={scores.horizon} className="min-h-25 rounded-md bg-inset px-2 py-2">
              <dt className="text-2xs text-muted">{formatDuration(scores.horizon * windowSeconds)} ahead</dt>
              {pending ? (
                <dd className="text-sm text-muted">{UNKNOWN}</dd>
              ) : scores.origins < FEW_ORIGINS ? (
                <TooFew scored={scores.origins} />
              ) : (
                <>
                  <dd className={`text-sm font-semibold whitespace-nowrap ${toneOf(gain)}`}>
                    {gain === null ? "unknown" : gainText(gain)}
                  </dd>
                  <BestBaseline scores={scores} />
                </>
              )}
            </div>
          );
        })}
      </dl>
      <p className="mt-1.5 text-2xs text-muted">
        {preferred.label} vs {labelOf(limits, reference)} over {SPANS[span]}, by WAPE
      </p>
    </>
  );
}

/** No verdict from so few: the next ones could as well go the other way. */
function TooFew({ scored }: { scored: number }) {
  return (
    <>
      <dd className="text-sm text-muted">too few</dd>
      <dd className="text-2xs text-muted">
        {scored} of {countOf(FEW_ORIGINS, "window")}
      </dd>
    </>
  );
}

/** The reference may be easy to beat: the best baseline is named where that is another. */
function BestBaseline({ scores }: { scores: HorizonScores }) {
  const limits = useLimits();
  const best = bestBaseline(scores, limits);
  if (best === null || best === referenceBaseline(limits)) return null;
  const gain = gainOver(best, preferredModel(limits).key, scores);
  if (gain === null) return null;
  return <dd className="text-2xs text-muted">{gainText(gain, labelOf(limits, best))}</dd>;
}

function toneOf(gain: number | null): string {
  if (gain === null || Math.abs(gain) < AS_GOOD) return "text-muted";
  return gain > 0 ? "text-ok" : "text-warn";
}

interface BasisProps {
  horizons: readonly HorizonScores[];
  /** Unknown until the scores come. */
  origin: Accuracy["origin"] | undefined;
}

function Basis({ horizons, origin }: BasisProps) {
  if (origin === undefined) return <p>The forecasts are being scored.</p>;
  const fewest = Math.min(...horizons.map(({ origins }) => origins));
  return (
    <p>
      {fewest < FEW_ORIGINS && "Too few windows yet to tell the models apart. "}
      {countOf(fewest, "window")} scored: {ORIGINS[origin]}
    </p>
  );
}

/** Errors on traffic that a model was trained on say little: on that of the World Cup they are up to a third lower. */
function TrainedOn({ series }: { series: Accuracy["seen_in_training"] }) {
  if (series.length === 0) return null;
  const names = series.map(({ name }) => name).join(", ");
  return (
    <details className="break-words text-warn">
      <summary className="font-medium">Optimistic, if it was trained on this traffic</summary>
      The model was trained on {names}, which has windows in this span. If this is that traffic, these errors
      are optimistic.
    </details>
  );
}
