import { ArrowRight } from "lucide-react";
import type { Recommendation } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { usePage } from "@/hooks/usePage";
import { crossingText, percentile, reachOf } from "@/lib/capacity";
import { classes } from "@/lib/classes";
import {
  countOf,
  formatCount,
  formatDuration,
  formatQuantity,
  RATE_UNIT,
  rateFormat,
  UNKNOWN,
} from "@/lib/format";
import { formatClock, toSeconds, zoneName } from "@/lib/time";
import { Term } from "./Term";

interface HeadlineProps {
  recommendation: Recommendation;
  pending: boolean;
  /** Replicas that run, as the reader said; null where it follows from the decisions. */
  current: string | null;
  onCurrent: (text: string) => void;
}

/** Replicas now and in lead time, and whether what runs will do. */
export function Headline({ recommendation, pending, current, onCurrent }: HeadlineProps) {
  const { zone } = usePage();
  const { running, replicas, policy, hpa } = recommendation;
  const serving = toSeconds(recommendation.serving_from);
  const crossing = crossingText(recommendation);
  const format = rateFormat([running?.capacity, recommendation.capacity]);
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-3" aria-busy={pending}>
        <dl className="flex items-end gap-3">
          <Figure name="Run now" value={running ? formatCount(running.replicas) : UNKNOWN} />
          <ArrowRight aria-hidden className="mb-2 size-5 text-muted" />
          <Figure
            name={`Needed in ${formatDuration(recommendation.lead.seconds)}`}
            value={formatCount(replicas)}
            strong={running !== null && running.replicas !== replicas}
          />
        </dl>
        <dl className="flex flex-wrap gap-x-8 gap-y-2 pb-1 text-xs">
          <Fact name={`Capacity, ${RATE_UNIT}`}>
            {format(running?.capacity)} → {format(recommendation.capacity)}
          </Fact>
          <Fact name="What runs is crossed">
            {running === null ? (
              UNKNOWN
            ) : crossing ? (
              <span className="text-danger">{crossing}</span>
            ) : (
              <span className="text-ok">
                not within {formatDuration(reachOf(recommendation))} at {percentile(recommendation.level)}
              </span>
            )}
          </Fact>
          <Fact name={`Decided at, ${zoneName(zone, serving)}`}>
            {formatClock(toSeconds(recommendation.at), zone)} for {formatClock(serving, zone)}
          </Fact>
          <div>
            <dt className="text-muted">Replicas that run</dt>
            <dd>
              <Term
                label="Replicas that run"
                value={current ?? ""}
                placeholder="by decisions"
                changed={current !== null}
                onChange={onCurrent}
                optional
              />
            </dd>
          </div>
        </dl>
      </div>
      {hpa && (
        <p className="text-xs text-muted">
          <Badge tone={hpa.acts ? "neutral" : "warn"} className="mr-2">
            HPA {hpa.acts ? "acts" : "does not act"}
          </Badge>
          {hpa.sentence}
        </p>
      )}
      {policy.price_per_replica_hour != null && (
        <p className="text-xs text-muted">
          An hour of {countOf(replicas, "replica")} costs{" "}
          {formatQuantity(replicas * policy.price_per_replica_hour)}
          {policy.currency && ` ${policy.currency}`}.
        </p>
      )}
    </div>
  );
}

function Figure({ name, value, strong = false }: { name: string; value: string; strong?: boolean }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className={classes("text-3xl font-semibold tracking-tight", strong && "text-accent")}>{value}</dd>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
