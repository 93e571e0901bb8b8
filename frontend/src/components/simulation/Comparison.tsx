import type { Outcome, SimulationResult } from "@/api/types";
import { UNKNOWN } from "@/lib/format";
import { columnsOf, type OutcomeColumn, valueTexts } from "@/lib/outcomes";

interface ComparisonProps {
  result: SimulationResult;
  one: Outcome;
  other: Outcome;
}

const CELL = "border-t border-line px-2 py-1 text-right";

/** Two policies side by side, and by how much the first differs. */
export function Comparison({ result, one, other }: ComparisonProps) {
  const columns = columnsOf(result).slice(1);
  return (
    <section tabIndex={0} aria-label="Comparison" className="min-w-0 overflow-x-auto">
      <table className="w-full text-xs">
        <caption className="sr-only">
          {one.label} and {other.label} side by side
        </caption>
        <thead className="text-muted">
          <tr>
            <td />
            {[one.label, other.label, "Difference"].map((name) => (
              <th key={name} scope="col" className="px-2 pb-1 text-right font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.key}>
              <th
                scope="row"
                title={column.title}
                className="border-t border-line py-1 text-left font-normal"
              >
                {column.label}
              </th>
              <td className={CELL}>{valueTexts(column, one).value}</td>
              <td className={CELL}>{valueTexts(column, other).value}</td>
              <td className={CELL}>{differenceText(column, one, other)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function differenceText(column: OutcomeColumn, one: Outcome, other: Outcome): string {
  const [left, right] = [column.value(one), column.value(other)];
  if (typeof left !== "number" || typeof right !== "number") return UNKNOWN;
  const difference = left - right;
  const size = column.text(Math.abs(difference));
  return difference === 0 ? size : `${difference > 0 ? "+" : "−"}${size}`;
}
