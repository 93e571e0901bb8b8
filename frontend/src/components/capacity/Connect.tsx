import { useMutation } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { describeError } from "@/api/errors";
import { askAsMachine, type MachineAnswer } from "@/api/machine";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { usePage } from "@/hooks/usePage";
import type { Mode } from "@/lib/capacity";
import { countOf, formatRate, formatRateWithUnit } from "@/lib/format";
import type { PolicyChanges } from "@/lib/policy";
import { formatClock, toSeconds, zoneName } from "@/lib/time";
import { Manifests } from "./Manifests";

interface ConnectProps {
  filename: string;
  /** Of the saved policy. */
  mode: Mode | null;
  changes: PolicyChanges;
}

/** How a machine gets the number. */
export function Connect({ filename, mode, changes }: ConnectProps) {
  return (
    <div className="grid min-w-0 gap-4">
      <TestCall filename={filename} mode={mode} />
      <Manifests filename={filename} changes={changes} />
    </div>
  );
}

/** Asks the endpoint as KEDA does, and shows what came. */
function TestCall({ filename, mode }: Omit<ConnectProps, "changes">) {
  const call = useMutation({ mutationFn: () => askAsMachine(filename) });
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-3">
        <Button size="small" disabled={call.isPending} onClick={() => call.mutate()}>
          <Send aria-hidden className="size-3.5" />
          Test as KEDA
        </Button>
        <code className="text-xs break-all text-muted">GET /api/keda/{encodeURIComponent(filename)}</code>
        {mode !== "serve" && <Badge>answers 503 until the mode is Serve</Badge>}
      </div>
      <p role="status" className="text-xs">
        {call.data && <Answer {...call.data} />}
        {call.error && describeError(call.error).detail}
      </p>
    </div>
  );
}

function Answer({ status, milliseconds, served, problem }: MachineAnswer) {
  const { zone } = usePage();
  return (
    <>
      <Badge tone={served ? "accent" : "warn"} className="mr-2">
        {status} in {milliseconds} ms
      </Badge>
      {served
        ? `value ${formatRate(served.value)}: ${countOf(served.replicas, "replica")} × ${formatRateWithUnit(served.target)}, decided at ${formatClock(toSeconds(served.at), zone)} ${zoneName(zone, toSeconds(served.at))}.`
        : problem}
    </>
  );
}
