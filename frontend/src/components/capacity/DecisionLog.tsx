import type { ChartRange, Decision, PolicyVersion } from "@/api/types";
import { DownloadLink } from "@/components/ui/DownloadLink";
import { usePage } from "@/hooks/usePage";
import { percentile, STEPS } from "@/lib/capacity";
import { formatCount, formatRateWithUnit, UNKNOWN } from "@/lib/format";
import { changeTexts } from "@/lib/policy";
import { formatDateTime, toSeconds, zoneName } from "@/lib/time";
import { RANGE_LABELS } from "@/lib/view";

interface DecisionLogProps {
  filename: string;
  range: ChartRange;
  decisions: readonly Decision[];
  /** Whether they were kept, or computed now. */
  logged: boolean;
  history: readonly PolicyVersion[];
}

type Row =
  | { at: number; decision: Decision }
  | { at: number; version: PolicyVersion; before: PolicyVersion | undefined };

const HEADINGS = ["Replicas", "Wanted", "Decided by", "Forecast", "Observed", "Policy"];

/** Every change of replicas, and of the policy, the newest first. */
export function DecisionLog({ filename, range, decisions, logged, history }: DecisionLogProps) {
  const { zone } = usePage();
  const rows = logged ? withVersions(decisions, history) : decisions.map(rowOf);
  const query = new URLSearchParams({ filename, range, format: "csv" });
  const newest = rows.at(-1)?.at ?? 0;
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2 text-xs text-muted">
        <p>
          {logged
            ? `Changes of replicas over the chart's range, ${RANGE_LABELS[range]}.`
            : `No decision was kept in this range: this is what the policy would have decided, ${RANGE_LABELS[range]}.`}
        </p>
        {logged && (
          <DownloadLink href={`/api/decisions?${query}`} name={`${filename} decisions.csv`}>
            CSV
          </DownloadLink>
        )}
      </div>
      {rows.length === 0 ? (
        <p className="text-xs text-muted">No forecast of this range is stored, so nothing was decided.</p>
      ) : (
        <section tabIndex={0} aria-label="Decision log" className="max-h-72 overflow-auto">
          <table className="w-full border-separate border-spacing-0 text-xs whitespace-nowrap">
            <caption className="sr-only">Decisions</caption>
            <thead>
              <tr>
                {[`Time (${zoneName(zone, newest)})`, ...HEADINGS].map((heading, place) => (
                  <th
                    key={heading}
                    scope="col"
                    className={`sticky top-0 border-b border-line bg-surface px-2 py-1 font-medium text-muted ${NUMERIC.includes(heading) ? "text-right" : "text-left"} ${place === 0 ? "pl-0" : ""}`}
                  >
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...rows]
                .reverse()
                .map((row) =>
                  "decision" in row ? (
                    <DecisionRow key={row.decision.at} {...row.decision} />
                  ) : (
                    <VersionRow key={`policy ${row.version.number}`} {...row} />
                  ),
                )}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

const NUMERIC = ["Wanted", "Forecast", "Observed", "Policy"];
const CELL = "border-b border-line px-2 py-1";

function DecisionRow({ at, before, replicas, wanted, binding, forecast, level, observed, policy }: Decision) {
  const { zone } = usePage();
  return (
    <tr>
      <th scope="row" className={`${CELL} pl-0 text-left font-normal`}>
        {formatDateTime(toSeconds(at), zone)}
      </th>
      <td className={`${CELL} font-medium`}>
        {before !== null && <span className="font-normal text-muted">{formatCount(before)} → </span>}
        {formatCount(replicas)}
      </td>
      <td className={`${CELL} text-right`}>{formatCount(wanted)}</td>
      <td className={CELL}>{STEPS[binding]}</td>
      <td className={`${CELL} text-right`}>
        {formatRateWithUnit(forecast)} <span className="text-muted">{percentile(level)}</span>
      </td>
      <td className={`${CELL} text-right`}>{formatRateWithUnit(observed)}</td>
      <td className={`${CELL} text-right`}>{policy || UNKNOWN}</td>
    </tr>
  );
}

function VersionRow({ at, version, before }: Extract<Row, { version: PolicyVersion }>) {
  const { zone } = usePage();
  const { policy, number } = version;
  const mode = policy && policy.mode !== before?.policy?.mode ? [`mode ${policy.mode}`] : [];
  const texts = policy
    ? [...changeTexts(before?.policy ?? null, policy), ...mode]
    : ["no policy from here on"];
  return (
    <tr className="bg-inset">
      <th scope="row" className={`${CELL} pl-0 text-left font-normal`}>
        {formatDateTime(at, zone)}
      </th>
      <td colSpan={HEADINGS.length - 1} className={`${CELL} whitespace-normal text-muted`}>
        Policy changed: {texts.join(" · ") || "nothing that this page shows"}
      </td>
      <td className={`${CELL} text-right`}>{number}</td>
    </tr>
  );
}

function rowOf(decision: Decision): Row {
  return { at: toSeconds(decision.at), decision };
}

/** Decisions and changes of the policy since the first of them, in order of time. */
function withVersions(decisions: readonly Decision[], history: readonly PolicyVersion[]): Row[] {
  const since = toSeconds(decisions[0]?.at ?? "");
  const versions = history.flatMap((version, place) => {
    const at = toSeconds(version.since);
    return at >= since ? [{ at, version, before: history[place - 1] }] : [];
  });
  return [...decisions.map(rowOf), ...versions].sort((one, other) => one.at - other.at);
}
