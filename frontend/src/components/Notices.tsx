import { Info, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { ProblemError } from "@/api/errors";
import type { FailingQuery } from "@/api/types";
import type { Connection } from "@/hooks/useLive";
import { formatSilence } from "@/lib/format";
import { Button } from "./ui/Button";

export interface Silence {
  seconds: number;
  /** When its newest window began, as text. */
  lastWindow: string;
}

interface NoticesProps {
  connection: Connection;
  /** Why plain requests keep failing; null while they do not. */
  failure: Error | null;
  storeReachable: boolean;
  /** The page shows data that it got earlier. */
  showsData: boolean;
  /** Of the feed on the page since it fell silent; null while it speaks, and for what is not fed. */
  silence: Silence | null;
  failingQueries: readonly FailingQuery[];
  notice: string | null;
  onDismiss: () => void;
}

/** What the reader should know about what the page shows. */
export function Notices(props: NoticesProps) {
  const { silence, failingQueries, notice, onDismiss } = props;
  const trouble = troubleOf(props);
  return (
    <div className="mx-auto w-full max-w-[100rem] px-4 lg:px-6">
      {trouble && <Warning>{trouble}</Warning>}
      {!trouble && silence !== null && (
        <Warning>
          <strong className="font-semibold">This feed fell silent.</strong> Nothing has come of it for{" "}
          {/* It counts up: to be read out once, not every second. */}
          <span aria-live="off" className="figures">
            {formatSilence(silence.seconds)}
          </span>
          ; its last window is that of {silence.lastWindow}. Its rate is unknown since, not zero, and the
          forecasts are as old.
        </Warning>
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
          ? "What you see is from before. The page keeps trying, and fills in what it missed."
          : "The page keeps trying."}
      </>
    );
  if (connection.state === "reconnecting")
    return (
      <>
        <strong className="font-semibold">Live updates are interrupted.</strong> Reconnecting…
      </>
    );
  if (connection.state === "refused")
    return (
      <>
        <strong className="font-semibold">Live updates were refused.</strong> {connection.reason}
      </>
    );
  if (!storeReachable)
    return (
      <>
        <strong className="font-semibold">The store cannot be reached.</strong> Nothing new can be read or
        stored until it answers.
      </>
    );
  return null;
}
