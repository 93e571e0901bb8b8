import type { ReactNode } from "react";
import type { Policy, Recommendation } from "@/api/types";
import { percentile } from "@/lib/capacity";
import { classes } from "@/lib/classes";
import { countOf, formatCount, formatRateWithUnit } from "@/lib/format";
import { labelOfName, type PolicyChanges, type PolicyName, textOf } from "@/lib/policy";
import { TERM, Term } from "./Term";

/** Shortage costs that are offered in the sentence; any other is a setting. */
const COSTS = [1, 2, 4, 9, 19];

interface PlanSentenceProps {
  recommendation: Recommendation;
  changed: PolicyChanges;
  onChange: (name: PolicyName, text: string) => void;
}

/** The plan in a sentence whose terms are controls. */
export function PlanSentence({ recommendation, changed, onChange }: PlanSentenceProps) {
  const { policy, demand, forecast, observed, steps } = recommendation;
  const term = (name: PolicyName) => (
    <Term
      label={labelOfName(name)}
      value={changed[name] ?? textOf(policy[name])}
      changed={name in changed}
      onChange={(text) => onChange(name, text)}
    />
  );
  const [base] = steps;
  const lead = recommendation.lead.seconds;
  const sized = base?.replicas ?? recommendation.replicas;
  return (
    <>
      <p className="max-w-4xl text-sm leading-7">
        {base?.name === "observed" ? (
          <>
            The newest window had <Figure>{formatRateWithUnit(observed)}</Figure>, above the{" "}
          </>
        ) : (
          "The "
        )}
        <QuantileTerm level={recommendation.level} {...{ policy, changed, onChange }} /> of the forecast
        {base?.name === "observed" ? ", " : " reaches "}
        <Figure>{formatRateWithUnit(forecast)}</Figure> from{" "}
        {policy.lead_samples.length > 0 ? (
          <Figure>{formatCount(lead)} s</Figure>
        ) : (
          <>{term("lead_seconds")} s</>
        )}{" "}
        to {formatCount(lead + policy.cadence_seconds)} s ahead. Times headroom {term("headroom")}
        {policy.burst_factor !== 1 && <> and burst factor {term("burst_factor")}</>} that is{" "}
        <Figure>{formatRateWithUnit(demand)}</Figure>, which needs{" "}
        <Figure>{countOf(sized, "replica")}</Figure>
        {policy.sizing === "rate" && <> at {term("rps_per_replica")} req/s each</>}. Between{" "}
        {term("min_replicas")} and {term("max_replicas")} may run
        <Effect recommendation={recommendation}>{term("stabilization_seconds")}</Effect>.
      </p>
      <p role="status" className="sr-only">
        {Object.keys(changed).length > 0 &&
          `${countOf(recommendation.replicas, "replica")}: ${recommendation.sentence}`}
      </p>
    </>
  );
}

/** What changed the number after the demand was sized. */
function Effect({ recommendation, children }: { recommendation: Recommendation; children: ReactNode }) {
  const { binding, replicas, steps } = recommendation;
  const number = <Figure>{formatCount(replicas)}</Figure>;
  const limit = formatCount(steps.find(({ name }) => name === binding)?.limit ?? replicas);
  switch (binding) {
    case "min_replicas":
    case "max_replicas":
      return <>, so it is {number}</>;
    case "up_limit":
      return (
        <>
          ; no more than {limit} may run within a minute, so it is {number}
        </>
      );
    case "down_limit":
      return (
        <>
          ; no fewer than {limit} may run within a minute, so it is {number}
        </>
      );
    case "stabilization":
      return (
        <>
          ; {number} were wanted in the last {children} s and stay
        </>
      );
    default:
      return null;
  }
}

function Figure({ children }: { children: ReactNode }) {
  return <strong className="figures font-semibold whitespace-nowrap">{children}</strong>;
}

interface QuantileTermProps {
  level: number;
  policy: Policy;
  changed: PolicyChanges;
  onChange: (name: PolicyName, text: string) => void;
}

/** The quantile with the cost that sets it. */
function QuantileTerm({ level, policy, changed, onChange }: QuantileTermProps) {
  const { shortage_cost: cost, quantile } = policy;
  const byCost = quantile == null;
  const known = byCost && COSTS.includes(cost);
  return (
    <select
      aria-label="Quantile, by what a missing replica costs"
      value={known ? cost : ""}
      onChange={(event) => onChange("shortage_cost", event.target.value)}
      disabled={!byCost}
      title={byCost ? undefined : "Set by the quantile in the settings"}
      className={classes(
        TERM,
        "appearance-none px-1 text-center [field-sizing:content]",
        "shortage_cost" in changed ? "bg-accent-soft" : "bg-transparent",
      )}
    >
      {!known && <option value="">{percentile(level)}</option>}
      {COSTS.map((each) => (
        <option key={each} value={each}>
          {percentile(each / (1 + each))} (a shortage costs {each})
        </option>
      ))}
    </select>
  );
}
