import { Info, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { ProblemError } from "@/api/errors";
import { type Connection, POLL_SECONDS } from "@/api/live";
import type { FailingQuery, Series } from "@/api/types";
import { usePage } from "@/hooks/usePage";
import { formatSilence } from "@/lib/format";
import type { Silence } from "@/lib/liveState";
import { formatDateTime, formatSpan, toSeconds, zoneName } from "@/lib/time";
import { Button } from "./ui/Button";

interface NoticesProps {
  connection: Connection;
  /** Why plain requests keep failing; null while they do not. */
  failure: Error | null;
  storeReachable: boolean;
  /** The page shows data that it got earlier. */
  showsData: boolean;
  /** Of the feed on the page since it fell silent; null while it sends, and for what is no feed. */
  silence: Silence | null;
  /** The one on the page, unless an import into it may still be running. */
  series: Series | null;
  failingQueries: readonly FailingQuery[];
  notice: string | null;
  onDismiss: () => void;
}

/** Troubles, and news, of what the page shows. */
export function Notices(props: NoticesProps) {
  const { silence, series, failingQueries, notice, onDismiss } = props;
  const trouble = troubleOf(props);
  return (
    <div className="mx-auto w-full max-w-[100rem] px-4 lg:px-6">
      {trouble && <Warning>{trouble}</Warning>}
      {!trouble && silence !== null && <SilenceWarning {...silence} />}
      {series?.incomplete && (
        <IncompleteWarning span={series.incomplete} windowSeconds={series.window_seconds} />
      )}
      {!trouble &&
        failingQueries.map(({ filename, problem }) => (
          <Warning key={filename}>
            <strong className="font-semibold">No value from Prometheus for {filename}.</strong> {problem}
          </Warning>
        ))}
      <div role="status">
        {notice !== null && (
          <div className="mt-3 flex items-center gap-2.5 rounded-md border border-line bg-surface px-3.5 py-1.5">
            <Info aria-hidden className="size-4 shrink-0 text-accent" />
            <p className="min-w-0 flex-1 break-words">{notice}</p>
            <Button variant="ghost" size="icon" aria-label="Dismiss" onClick={onDismiss}>
              <X aria-hidden className="size-4" />
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

function SilenceWarning({ seconds, newest, windowSeconds }: Silence) {
  const { zone } = usePage();
  return (
    <Warning>
      <strong className="font-semibold">This feed is silent.</strong> No data for{" "}
      {/* It counts up: to be read out once, not every second. */}
      <span aria-live="off" className="figures">
        {formatSilence(seconds)}
      </span>
      ; its last window is {formatDateTime(newest, zone, windowSeconds)} {zoneName(zone, newest)}. The rate
      since then is unknown, not zero; forecasts are that old too.
    </Warning>
  );
}

interface IncompleteWarningProps {
  span: NonNullable<Series["incomplete"]>;
  windowSeconds: number;
}

function IncompleteWarning({ span, windowSeconds }: IncompleteWarningProps) {
  const { zone } = usePage();
  const [first, end] = [toSeconds(span.first), toSeconds(span.last) + windowSeconds];
  return (
    <Warning>
      <strong className="font-semibold">Incomplete:</strong> the import of{" "}
      {formatSpan(first, end, zone, windowSeconds)} did not finish. Send the file again or delete the series.
    </Warning>
  );
}

function Warning({ children }: { children: ReactNode }) {
  return (
    <div
      role="alert"
      className="mt-3 flex items-start gap-2.5 rounded-md border border-warn/40 bg-warn-soft px-3.5 py-2.5"
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
      <p>{children}</p>
    </div>
  );
}

function troubleOf({ connection, failure, storeReachable, showsData }: NoticesProps): ReactNode {
  if (failure instanceof ProblemError)
    return (
      <>
        <strong className="font-semibold">{failure.title}.</strong> {failure.detail}
      </>
    );
  if (connection.state === "offline" || failure !== null)
    return (
      <>
        <strong className="font-semibold">The backend cannot be reached.</strong>{" "}
        {showsData
          ? "The data shown is from before. The page keeps retrying and then fills in what it missed."
          : "The page keeps retrying."}
      </>
    );
  if (connection.state === "polling")
    return (
      <>
        <strong className="font-semibold">
          Live updates are {connection.refusal === null ? "blocked" : "refused"}; refreshing every{" "}
          {POLL_SECONDS}
          {"\u00a0"}s.
        </strong>{" "}
        {connection.refusal ?? "A proxy or an extension of this browser may not let WebSockets through."}
      </>
    );
  if (!storeReachable)
    return (
      <>
        <strong className="font-semibold">The store cannot be reached.</strong> Nothing can be read or written
        until it responds.
      </>
    );
  return null;
}
