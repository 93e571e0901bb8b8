import type { Decision, Policy } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Skeleton } from "@/components/ui/Skeleton";
import { useWhatIf } from "@/hooks/capacity";
import { usePage } from "@/hooks/usePage";
import { MODES, runningSteps } from "@/lib/capacity";
import { formatCount } from "@/lib/format";
import { formatSpan, toSeconds } from "@/lib/time";
import { Problem } from "./Problem";

interface ServeDialogProps {
  open: boolean;
  filename: string;
  policy: Policy;
  onClose: () => void;
  onServe: () => void;
}

/** Before machines act on the number: what they would have been told in the last 24 hours. */
export function ServeDialog({ open, filename, policy, onClose, onServe }: ServeDialogProps) {
  const { zone } = usePage();
  const day = useWhatIf(filename, "24h", {}, open);
  const decisions = day.data?.decisions ?? [];
  const counts = decisions.map(({ replicas }) => replicas);
  const [first, last] = [decisions[0], decisions.at(-1)];
  return (
    <Dialog open={open} title="What would have been served in the last 24 h" onClose={onClose}>
      {day.error ? (
        <div className="mt-3">
          <Problem error={day.error} />
        </div>
      ) : !day.data ? (
        <Skeleton className="mt-3 h-24 w-full" />
      ) : first && last ? (
        <>
          <ReplicaSteps decisions={decisions} />
          <p className="mt-1 text-2xs text-muted">
            {formatSpan(toSeconds(first.serving_from), toSeconds(last.serving_from), zone)}
          </p>
          <dl className="mt-3 grid grid-cols-3 gap-2 text-sm">
            <Fact name="Replicas">
              {formatCount(Math.min(...counts))} – {formatCount(Math.max(...counts))}
            </Fact>
            <Fact name="Changes">{formatCount(decisions.length - 1)}</Fact>
            <Fact name="Windows with too few">
              {formatCount(day.data.short_windows)} of {formatCount(day.data.windows)}
            </Fact>
          </dl>
        </>
      ) : (
        <p className="mt-3 text-muted">
          No forecast of the last 24 h is stored, so nothing would have been served.
        </p>
      )}
      <p className="mt-3 text-xs text-muted">
        From now on <code className="break-all">GET /api/keda/{filename}</code> answers with the newest
        decision, and with 503 and a reason where there is none to act on.
      </p>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus onClick={onClose}>
          Stay in {MODES[policy.mode].label}
        </Button>
        <Button variant="primary" onClick={onServe}>
          Serve
        </Button>
      </div>
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="rounded-md bg-inset px-2.5 py-2">
      <dt className="text-2xs text-muted">{name}</dt>
      <dd className="font-semibold">{children}</dd>
    </div>
  );
}

const [WIDTH, HEIGHT] = [300, 60];

/** The replicas as steps; the figures beside them say the same in words. */
function ReplicaSteps({ decisions }: { decisions: readonly Decision[] }) {
  const steps = runningSteps(decisions);
  const from = steps[0]?.since ?? 0;
  const span = Math.max(1, (steps.at(-1)?.since ?? from) - from);
  const most = Math.max(1, ...steps.map(({ replicas }) => replicas));
  const path = steps
    .map(({ since, replicas }, place) => {
      const [x, y] = [((since - from) / span) * WIDTH, HEIGHT - (replicas / most) * (HEIGHT - 4)];
      return place === 0 ? `M0 ${y}` : `H${x}V${y}`;
    })
    .join("");
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="mt-3 h-20 w-full"
    >
      <path d={`${path}H${WIDTH}V${HEIGHT}H0Z`} style={{ fill: "var(--series-replicas-fill)" }} />
      <path
        d={`${path}H${WIDTH}`}
        fill="none"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
        style={{ stroke: "var(--series-replicas)" }}
      />
    </svg>
  );
}
