import type { Recommendation, Series } from "@/api/types";
import { Note } from "@/components/ui/Note";
import { useMachineAnswer } from "@/hooks/capacity";
import { usePage } from "@/hooks/usePage";
import { countOf } from "@/lib/format";
import { formatClock, formatDateTime, toSeconds, zoneName } from "@/lib/time";

interface TruthProps {
  series: Series;
  recommendation: Recommendation;
  /** Whether machines are meant to act on it. */
  serves: boolean;
}

/** What the number is worth now: whether the feed is silent or over, and what a machine that asks is told. */
export function Truth({ series, recommendation, serves }: TruthProps) {
  const { zone } = usePage();
  const answer = useMachineAnswer(series.filename, serves).data;
  const at = toSeconds(recommendation.at);
  const time = `${formatDateTime(at, zone)} ${zoneName(zone, at)}`;
  return (
    <>
      {series.status === "stale" && (
        <Note tone="warn">The feed is silent: this number is from {time}, before the silence.</Note>
      )}
      {series.status === "historic" && (
        <Note tone="muted">This series ended: the number is for its end, {time}, and not for now.</Note>
      )}
      {serves && answer?.served && (
        <Note tone="ok">
          Machines are told {countOf(answer.served.replicas, "replica")}, decided at{" "}
          {formatClock(toSeconds(answer.served.at), zone)}
          {answer.served.from_forecast_windows > 0 &&
            `, from the forecast alone for ${countOf(answer.served.from_forecast_windows, "window")}`}
          .
        </Note>
      )}
      {serves && answer?.problem && (
        <Note tone="warn">
          Machines are told nothing ({answer.status}): {answer.problem}
        </Note>
      )}
    </>
  );
}
