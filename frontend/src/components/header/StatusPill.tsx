import type { ReactNode } from "react";
import type { Connection } from "@/api/live";
import { useNow } from "@/hooks/useNow";
import { usePage } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { formatAge, formatSilence } from "@/lib/format";
import { type LiveData, silenceOf } from "@/lib/liveState";
import { formatDate, formatDateTime, toSeconds, type Zone, zoneName } from "@/lib/time";

interface StatusPillProps {
  connection: Connection;
  /** Null until the series has been asked for. */
  live: LiveData | null;
  replaying: boolean;
  frozen: boolean;
}

/** What is known of the series on the page, or why nothing is. */
export function StatusPill(props: StatusPillProps) {
  const { zone } = usePage();
  const { label, detail, dot } = statusOf(props, zone);
  return (
    <div className="inline-flex h-8 min-w-0 items-center gap-2 rounded-full border border-line bg-inset px-3 text-xs">
      <span aria-hidden className={classes("size-2 shrink-0 rounded-full forced-color-adjust-none", dot)} />
      <span role="status" className="font-medium whitespace-nowrap">
        {label}
      </span>
      {detail && <span className="figures truncate text-muted">{detail}</span>}
    </div>
  );
}

interface Status {
  label: string;
  /** What changes all the time, and is not to be read out. */
  detail?: ReactNode;
  dot: string;
}

const UNREACHED: Partial<Record<Connection["state"], Status>> = {
  connecting: { label: "Connecting", dot: "bg-control motion-safe:animate-pulse" },
  reconnecting: { label: "Reconnecting", dot: "bg-warn motion-safe:animate-pulse" },
  offline: { label: "Offline", dot: "bg-danger" },
};

function statusOf({ connection, live, replaying, frozen }: StatusPillProps, zone: Zone): Status {
  const unreached = UNREACHED[connection.state];
  if (unreached || live === null) return unreached ?? { label: "Connecting", dot: "bg-control" };
  const { status, newest } = live.status;
  if (newest === null || live.windowSeconds === null)
    return { label: "Nothing stored yet", dot: "bg-control" };
  const end = toSeconds(newest) + live.windowSeconds;
  if (frozen) return { label: "Paused", detail: <Age end={end} />, dot: "bg-control" };
  if (replaying) return { label: "Replay", detail: `at ${formatDateTime(end, zone)}`, dot: "bg-ok" };
  const silence = silenceOf(live);
  if (silence) return { label: "Silent", detail: `for ${formatSilence(silence.seconds)}`, dot: "bg-warn" };
  if (status === "live") return { label: "Live", detail: <Age end={end} />, dot: "bg-ok" };
  return { label: `Ends on ${formatDate(toSeconds(newest), zone)}`, dot: "bg-control" };
}

function Age({ end }: { end: number }) {
  const { zone } = usePage();
  const now = useNow();
  return (
    <span title={`The newest window ends at ${formatDateTime(end, zone)} ${zoneName(zone, end)}`}>
      <span className="hidden sm:inline">newest </span>
      {formatAge(now - end)} ago
    </span>
  );
}
