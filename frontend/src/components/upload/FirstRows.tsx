import type { ReactNode } from "react";
import type { InspectedColumn } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { classes } from "@/lib/classes";
import { ROLE_LABELS } from "@/lib/reading";

const ROLE_TONES = { time: "accent", value: "accent", label: "neutral", ignored: "neutral" } as const;

interface FirstRowsProps {
  columns: readonly InspectedColumn[];
  /** How many of the rows to show. */
  rows: number;
  /** On the head of a column, in place of its role in a word. */
  head?: (column: InspectedColumn) => ReactNode;
}

/** The first rows of a file as a table, with what each column is taken for on its head. */
export function FirstRows({ columns, rows, head }: FirstRowsProps) {
  const shown = Math.min(rows, columns[0]?.cells.length ?? 0);
  return (
    <section
      aria-label="First rows of the file"
      tabIndex={0}
      className="overflow-x-auto rounded-md border border-line"
    >
      <table className="min-w-full text-xs">
        <thead className="bg-inset text-left">
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className="px-2.5 py-1.5 align-bottom font-medium">
                <bdi title={column.name} className="block max-w-48 truncate">
                  {column.name}
                </bdi>
                <span className="mt-1 block font-normal">
                  {head?.(column) ?? <Badge tone={ROLE_TONES[column.role]}>{ROLE_LABELS[column.role]}</Badge>}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: shown }, (_, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its number
            <tr key={row} className="border-t border-line">
              {columns.map(({ name, role, cells }) => (
                <td
                  key={name}
                  title={cells[row] ?? undefined}
                  className={classes(
                    "max-w-48 truncate px-2.5 py-1 whitespace-nowrap",
                    role === "ignored" && "text-muted",
                  )}
                >
                  {cells[row] ?? <span className="text-muted">–</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
