import type { FormEvent } from "react";
import type { UploadForm, UploadOverrides } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Field, Input } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";

type ChoiceName = "kind" | "time_unit" | "value_unit";

/** A field with the values that the server takes for it, and what they are called. */
type Choice = {
  [Name in ChoiceName]: {
    name: Name;
    label: string;
    options: Partial<Record<NonNullable<UploadForm[Name]>, string>>;
  };
}[ChoiceName];

const TEXT_FIELDS = [
  { name: "timestamp_column", label: "Time column", placeholder: "timestamp" },
  { name: "value_column", label: "Value column", placeholder: "requests" },
  { name: "timezone", label: "Time zone", placeholder: "UTC" },
  { name: "window_seconds", label: "Window, seconds", placeholder: "60", inputMode: "numeric" },
] as const satisfies { name: keyof UploadForm; label: string; placeholder: string; inputMode?: "numeric" }[];

const CHOICES: Choice[] = [
  { name: "kind", label: "Kind", options: { raw: "one row per request", series: "one row per window" } },
  {
    name: "time_unit",
    label: "Time unit",
    options: { s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds" },
  },
  { name: "value_unit", label: "Value unit", options: { count: "requests", rate: "requests/s" } },
];

interface OverrideFormProps {
  onSubmit: (overrides: UploadOverrides) => void;
}

/** Sends the same file again, with what the server could not detect in it. */
export function OverrideForm({ onSubmit }: OverrideFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entries = [...new FormData(event.currentTarget)].map(([name, value]) => [
      name,
      String(value).trim(),
    ]);
    onSubmit(Object.fromEntries(entries.filter(([, value]) => value !== "")));
  };
  return (
    <form onSubmit={submit} aria-label="Read it another way" className="mt-4">
      <h3 className="text-xs font-medium">Read it another way</h3>
      <p className="mt-0.5 text-xs text-muted">Fields left empty are detected automatically.</p>
      <div className="mt-2 grid grid-cols-2 gap-2.5">
        {TEXT_FIELDS.map(({ label, ...input }) => (
          <Field key={input.name} label={label}>
            {(id) => <Input id={id} autoComplete="off" spellCheck={false} {...input} />}
          </Field>
        ))}
        {CHOICES.map(({ name, label, options }) => (
          <Field key={name} label={label}>
            {(id) => (
              <Select id={id} name={name} defaultValue="">
                <option value="">detect</option>
                {Object.entries(options).map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ))}
        <Button type="submit" variant="primary" className="self-end">
          Send again
        </Button>
      </div>
    </form>
  );
}
