import type { InspectedColumn, InspectionReport, UploadOverrides } from "@/api/types";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import {
  asChosen,
  COLUMN_USES,
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
  /** Those of the file; none of a log, whose lines have none. */
  columns: readonly InspectedColumn[];
  fields: UploadOverrides;
  onChange: (fields: UploadOverrides) => void;
}

/** How a file is read, to be changed: its columns on their heads, the rest below. Nothing is typed, so nothing that is
 * chosen can be misspelt. */
export function ReadingForm({ report, columns: detected, fields, onChange }: ReadingFormProps) {
  const columns = asChosen(detected, fields);
  const offered = READING_FIELDS.filter(({ needsColumns }) => !needsColumns || columns.length > 0 || !report);
  return (
    <div className="grid grid-cols-1 gap-4">
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
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
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
      className="min-w-36"
      value={columnUse(columns, column)}
      onChange={(event) => onUse(event.target.value as ColumnUse)}
    >
      {Object.entries(COLUMN_USES).map(([use, text]) => (
        <option key={use} value={use}>
          {text}
        </option>
      ))}
      <option value="neither">{ROLE_LABELS[rest]}</option>
    </Select>
  );
}
