import type { InspectedColumn, InspectionReport, UploadOverrides } from "@/api/types";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import {
  asChosen,
  type ColumnUse,
  columnUse,
  detectedLabel,
  READING_FIELDS,
  ROLE_LABELS,
  withField,
  withUse,
} from "@/lib/reading";
import { FirstRows } from "./FirstRows";

const SHOWN_ROWS = 5;

interface ReadingFormProps {
  /** The newest reading that is known; none where the file could not be read at all. */
  report: InspectionReport | undefined;
  fields: UploadOverrides;
  onChange: (fields: UploadOverrides) => void;
}

/** How a file is read, to be changed: its columns on their heads, the rest below. Nothing is typed, so nothing that is
 * chosen can be misspelt. */
export function ReadingForm({ report, fields, onChange }: ReadingFormProps) {
  const columns = asChosen(report?.columns ?? [], fields);
  const offered = READING_FIELDS.filter(({ needsColumns }) => !needsColumns || columns.length > 0 || !report);
  return (
    <div className="grid gap-4">
      {columns.length > 0 && (
        <FirstRows
          columns={columns}
          lines={[]}
          rows={SHOWN_ROWS}
          head={(column) => (
            <ColumnSelect
              column={column}
              columns={columns}
              onUse={(use) => onChange(withUse(fields, columns, column.name, use))}
            />
          )}
        />
      )}
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {offered.map((field) => (
          <Field key={field.name} label={field.label}>
            {(id) => (
              <Select
                id={id}
                value={fields[field.name] ?? ""}
                onChange={(event) => onChange(withField(fields, field.name, event.target.value))}
              >
                <option value="">{detectedLabel(field, fields[field.name] ? undefined : report)}</option>
                {Object.entries(field.options).map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ))}
      </div>
    </div>
  );
}

const USES: ColumnUse[] = ["time", "also time", "value", "also value"];

interface ColumnSelectProps {
  column: InspectedColumn;
  columns: readonly InspectedColumn[];
  onUse: (use: ColumnUse) => void;
}

function ColumnSelect({ column, columns, onUse }: ColumnSelectProps) {
  const rest = column.role === "label" ? "label" : "ignored";
  return (
    <Select
      size="small"
      aria-label={`Use of the column ${column.name}`}
      className="min-w-28"
      value={columnUse(columns, column)}
      onChange={(event) => onUse(event.target.value as ColumnUse)}
    >
      {USES.map((use) => (
        <option key={use}>{use}</option>
      ))}
      <option value="neither">{ROLE_LABELS[rest]}</option>
    </Select>
  );
}
