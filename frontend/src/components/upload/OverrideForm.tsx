import type { FormEvent } from "react";
import type { UploadOverrides } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Field, Input } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";

const TEXT_FIELDS = [
  { name: "timestamp_column", label: "Time column", placeholder: "timestamp" },
  { name: "value_column", label: "Value column", placeholder: "requests" },
  { name: "timezone", label: "Time zone", placeholder: "UTC" },
  { name: "window_seconds", label: "Window, seconds", placeholder: "60", inputMode: "numeric" },
] as const;

const CHOICES = [
  { name: "kind", label: "Kind", options: { raw: "one row a request", series: "one row a window" } },
  {
    name: "time_unit",
    label: "Time unit",
    options: { s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds" },
  },
  { name: "value_unit", label: "Value unit", options: { count: "requests", rate: "requests/s" } },
] as const;

interface OverrideFormProps {
  onSubmit: (overrides: UploadOverrides) => void;
}

/** Tells the reader what it could not recognise, and sends the same file again. */
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
      <p className="mt-0.5 text-xs text-muted">What stays empty is recognised again.</p>
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
                <option value="">recognise</option>
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
