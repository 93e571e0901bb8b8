import type { Connection } from "@/hooks/useLive";
import { useNow } from "@/hooks/useNow";
import { usePage } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { formatAge } from "@/lib/format";
import { formatDateTime, zoneName } from "@/lib/time";

const STATES: Record<Connection["state"], { label: string; dot: string }> = {
  connecting: { label: "Connecting", dot: "bg-control motion-safe:animate-pulse" },
  live: { label: "Live", dot: "bg-ok" },
  reconnecting: { label: "Reconnecting", dot: "bg-warn motion-safe:animate-pulse" },
  offline: { label: "Offline", dot: "bg-danger" },
  refused: { label: "Live updates refused", dot: "bg-danger" },
};

interface ConnectionPillProps {
  connection: Connection;
  /** End of the newest window, in epoch seconds; null where nothing is stored. */
  newest: number | null;
  replaying: boolean;
}

export function ConnectionPill({ connection, newest, replaying }: ConnectionPillProps) {
  const { label, dot } = STATES[connection.state];
  return (
    <div className="inline-flex h-8 min-w-0 items-center gap-2 rounded-full border border-line bg-inset px-3 text-xs">
      <span aria-hidden className={classes("size-2 shrink-0 rounded-full", dot)} />
      <span role="status" className="font-medium">
        {label}
      </span>
      {newest !== null && <Age newest={newest} replaying={replaying} />}
    </div>
  );
}

function Age({ newest, replaying }: { newest: number; replaying: boolean }) {
  const { zone } = usePage();
  const now = useNow();
  const date = `${formatDateTime(newest, zone)} ${zoneName(zone)}`;
  return (
    <span className="figures truncate text-muted" title={`The newest window ends at ${date}`}>
      {replaying ? (
        `at ${formatDateTime(newest, zone)}`
      ) : (
        <>
          <span className="hidden sm:inline">newest </span>
          {formatAge(now - newest)} ago
        </>
      )}
    </span>
  );
}
