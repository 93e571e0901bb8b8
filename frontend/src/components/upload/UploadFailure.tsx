import type { ReactNode } from "react";
import { describeError, isGone, isTemporary } from "@/api/errors";
import { Button } from "@/components/ui/Button";
import { inReadingWords } from "@/lib/reading";

interface UploadFailureProps {
  error: Error;
  /** Undefined where the page has no file to send. */
  onResend: (() => void) | undefined;
  /** Lets the file be read in another way, where that may help. */
  change: ReactNode;
  /** What the file is, so far as it could be seen. */
  children: ReactNode;
}

/** Why a file was not accepted, in the server's words, and what may be done about it. */
export function UploadFailure({ error, onResend, change, children }: UploadFailureProps) {
  const { title, detail } = describeError(error);
  const again = isGone(error) ? "Send it again" : isTemporary(error) ? "Try again" : null;
  return (
    <>
      <div role="alert" className="rounded-md bg-danger-soft p-3">
        <p className="font-medium text-danger">{title}</p>
        <p className="mt-1 text-xs break-words whitespace-pre-line">{inReadingWords(detail)}</p>
        <p className="mt-1 text-xs">Nothing was stored.</p>
      </div>
      {children}
      <div className="flex flex-wrap gap-2 empty:hidden">
        {onResend && again && (
          <Button size="small" variant="primary" onClick={onResend}>
            {again}
          </Button>
        )}
        {change}
      </div>
    </>
  );
}
