import { ArrowDown, ArrowUp } from "lucide-react";
import type { SimulationResult } from "@/api/types";
import { classes } from "@/lib/classes";
import {
  columnsOf,
  nextSort,
  type OutcomeColumn,
  type Sort,
  sortedOutcomes,
  valueTexts,
} from "@/lib/outcomes";

interface OutcomeTableProps {
  result: SimulationResult;
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  selected: string | undefined;
  onSelect: (policy: string) => void;
}

const CELL = "border-b border-line px-2 py-1 align-top";

/** Every measure of every policy. */
export function OutcomeTable({ result, sort, onSort, selected, onSelect }: OutcomeTableProps) {
  const [name, ...measures] = columnsOf(result);
  const withIntervals = result.policies.some(({ intervals }) => Object.keys(intervals).length > 0);
  if (!name) return null;
  return (
    <section aria-labelledby="simulation-table" className="min-w-0">
      <h3 id="simulation-table" className="mb-1 text-xs font-semibold">
        Every policy
      </h3>
      <p className="mb-2 text-xs text-muted">
        {withIntervals
          ? "Under a figure, its interval from p5 to p95 over days drawn anew: where two overlap, the difference may be luck."
          : "Fewer than three days were replayed, so no interval can be said: a difference may be luck."}
      </p>
      <section tabIndex={0} aria-label="Outcomes" className="overflow-x-auto">
        <table className="w-full border-separate border-spacing-0 text-xs whitespace-nowrap">
          <caption className="sr-only">What each policy cost and missed</caption>
          <thead>
            <tr>
              {[name, ...measures].map((column) => (
                <Heading
                  key={column.key}
                  column={column}
                  sort={sort}
                  onSort={onSort}
                  first={column === name}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {sortedOutcomes(result.policies, sort).map((outcome) => (
              <tr key={outcome.policy} className={classes(outcome.policy === selected && "bg-accent-soft")}>
                <th
                  scope="row"
                  className={`${CELL} sticky left-0 min-w-28 text-left sm:min-w-44 font-normal whitespace-normal ${outcome.policy === selected ? "bg-accent-soft" : "bg-surface"}`}
                >
                  <button
                    type="button"
                    aria-pressed={outcome.policy === selected}
                    title={outcome.description}
                    onClick={() => onSelect(outcome.policy)}
                    className="text-left underline decoration-dotted underline-offset-2 hover:decoration-solid aria-pressed:font-semibold"
                  >
                    {outcome.label}
                  </button>
                </th>
                {measures.map((column) => {
                  const { value, interval } = valueTexts(column, outcome);
                  return (
                    <td key={column.key} className={`${CELL} text-right`}>
                      {value}
                      {interval && <span className="block text-2xs text-muted">{interval}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

interface HeadingProps {
  column: OutcomeColumn;
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  first: boolean;
}

function Heading({ column: { key, label, title }, sort, onSort, first }: HeadingProps) {
  const sorted = sort?.column === key ? (sort.descending ? "descending" : "ascending") : "none";
  const Arrow = sorted === "descending" ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={sorted}
      className={classes(
        "border-b border-line bg-surface px-2 py-1 font-medium text-muted",
        first ? "sticky left-0 text-left" : "text-right",
      )}
    >
      <button
        type="button"
        title={title}
        onClick={() => onSort(nextSort(sort, key))}
        className="inline-flex items-center gap-0.5 hover:text-ink"
      >
        {label}
        <Arrow aria-hidden className={classes("size-3", sorted === "none" && "opacity-0")} />
      </button>
    </th>
  );
}
