import type { ReactNode } from "react";
import type { InspectedColumn } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { classes } from "@/lib/classes";
import { UNKNOWN } from "@/lib/format";
import { ROLE_LABELS } from "@/lib/reading";

const ROLE_TONES = { time: "accent", value: "accent", label: "neutral", ignored: "neutral" } as const;

interface FirstRowsProps {
  columns: readonly InspectedColumn[];
  /** Of a log, which has no columns. */
  lines: readonly string[];
  /** How many rows or lines to show. */
  rows?: number;
  /** Stands on the head of a column in place of its role in a word. */
  head?: (column: InspectedColumn) => ReactNode;
}

/** The first rows of a file as a table, with what each column is taken for on its head; of a log its first lines. */
export function FirstRows({ columns, lines, rows = 3, head }: FirstRowsProps) {
  if (columns.length === 0 && lines.length === 0) return null;
  return (
    // No landmark: a page with several files has several.
    <div
      role="group"
      aria-label="First rows of the file"
      tabIndex={0}
      className="overflow-x-auto rounded-md border border-line"
    >
      {columns.length === 0 ? (
        <pre className="p-2.5 text-2xs">{lines.slice(0, rows).join("\n")}</pre>
      ) : (
        <table className="min-w-full text-xs">
          <thead className="bg-inset text-left">
            <tr>
              {columns.map((column) => (
                <th key={column.name} scope="col" className="px-2.5 py-1.5 align-bottom font-medium">
                  <bdi title={column.name} className="block max-w-48 truncate">
                    {column.name}
                  </bdi>{" "}
                  <span className="mt-1 block font-normal">
                    {head?.(column) ?? (
                      <Badge tone={ROLE_TONES[column.role]}>{ROLE_LABELS[column.role]}</Badge>
                    )}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <Cells columns={columns} rows={rows} />
        </table>
      )}
    </div>
  );
}

function Cells({ columns, rows }: { columns: readonly InspectedColumn[]; rows: number }) {
  return (
    <tbody>
      {Array.from({ length: Math.min(rows, columns[0]?.cells.length ?? 0) }, (_, row) => (
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
              {cells[row] ?? <span className="text-muted">{UNKNOWN}</span>}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
