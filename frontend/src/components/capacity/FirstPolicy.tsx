import { type ComponentProps, type FormEvent, useId, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Field, Input } from "@/components/ui/Field";
import { useHistory } from "@/hooks/queries";
import { formatRateWithUnit } from "@/lib/format";
import type { PolicyChanges } from "@/lib/policy";

const DEFAULT_LEAD = "120";

interface FirstPolicyProps {
  filename: string;
  /** What the form is called, what it is for, and what its button does. */
  name?: string;
  purpose?: string;
  action?: string;
  onTry: (policy: PolicyChanges) => void;
}

/** The two figures without which there is no plan; all others have defaults. */
export function FirstPolicy({
  filename,
  name = "First policy",
  purpose = "Two figures turn the forecast into replicas.",
  action = "Show replicas",
  onTry,
}: FirstPolicyProps) {
  const runningId = useId();
  const [rate, setRate] = useState("");
  const [lead, setLead] = useState(DEFAULT_LEAD);
  const day = useHistory("24h", filename);
  const highest = Math.max(0, ...(day.data ?? []).map(({ actual_rps }) => actual_rps ?? 0));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onTry({ rps_per_replica: rate.trim(), lead_seconds: lead.trim() || DEFAULT_LEAD });
  };
  const divide = (running: string) => {
    const replicas = Number(running);
    if (replicas >= 1 && highest > 0) setRate(String(Number((highest / replicas).toPrecision(3))));
  };
  return (
    <form onSubmit={submit} aria-label={name} className="grid gap-3 px-4 pb-4">
      <p className="text-sm text-muted">{purpose}</p>
      <div className="flex flex-wrap items-end gap-3">
        <Figure
          label="Rate of a replica, req/s"
          required
          pattern="\s*(?=.*[1-9])\d*\.?\d+\s*"
          title="A number above 0"
          value={rate}
          onChange={(event) => setRate(event.target.value)}
        />
        <Figure
          label="Lead, s"
          pattern="\s*\d*\.?\d*\s*"
          title="A number of seconds"
          value={lead}
          onChange={(event) => setLead(event.target.value)}
        />
        <Button type="submit" variant="primary">
          {action}
        </Button>
      </div>
      <p className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-xs text-muted">
        The rate is known from a load test, or as the highest rate seen
        {highest > 0 && (
          <strong className="font-medium text-ink"> ({formatRateWithUnit(highest)} in 24 h)</strong>
        )}{" "}
        ÷<label htmlFor={runningId}>replicas that ran then:</label>
        <span className="inline-block w-16">
          <Input
            id={runningId}
            inputMode="numeric"
            autoComplete="off"
            onChange={(event) => divide(event.target.value)}
          />
        </span>
        Lead is the time from a decision until its replicas serve.
      </p>
    </form>
  );
}

function Figure({ label, ...input }: ComponentProps<typeof Input> & { label: string }) {
  return (
    <div className="w-44">
      <Field label={label}>
        {(id) => <Input id={id} inputMode="decimal" autoComplete="off" {...input} />}
      </Field>
    </div>
  );
}
