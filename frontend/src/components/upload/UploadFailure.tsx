import type { ReactNode } from "react";
import { describeError, ProblemError, UnreachableError } from "@/api/errors";
import { Button } from "@/components/ui/Button";

const UNUSABLE = 422;

interface UploadFailureProps {
  error: Error;
  /** Undefined where the page has no file to send. */
  onResend: (() => void) | undefined;
  /** Lets the file be read in another way, where that may help. */
  change: ReactNode;
}

/** Why a file was not accepted, in the server's words, and what may be done about it. */
export function UploadFailure({ error, onResend, change }: UploadFailureProps) {
  const { title, detail } = describeError(error);
  const unusable = error instanceof ProblemError && error.status === UNUSABLE;
  const temporary =
    error instanceof UnreachableError || (error instanceof ProblemError && error.status >= 500);
  return (
    <>
      <div role="alert" className="rounded-md bg-danger-soft p-3">
        <p className="font-medium text-danger">{title}</p>
        <p className="mt-1 text-xs break-words whitespace-pre-line">{detail}</p>
        <p className="mt-1 text-xs">Nothing was stored.</p>
      </div>
      <div className="flex flex-wrap gap-2 empty:hidden">
        {onResend && temporary && (
          <Button size="small" variant="primary" onClick={onResend}>
            Try again
          </Button>
        )}
        {unusable && change}
      </div>
    </>
  );
}
