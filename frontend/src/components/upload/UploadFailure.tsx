import { CircleX } from "lucide-react";
import { describeError, ProblemError, UnreachableError } from "@/api/errors";
import type { UploadOverrides } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { SeriesName } from "@/components/ui/SeriesName";
import type { Upload } from "@/hooks/useUpload";
import { OverrideForm } from "./OverrideForm";

const UNUSABLE = 422;

interface UploadFailureProps {
  upload: Extract<Upload, { state: "failed" }>;
  onRetry: (file: File, overrides: UploadOverrides) => void;
  onDismiss: () => void;
}

/** Why a file was not accepted, in the server's words, and what may be done about it. */
export function UploadFailure({ upload, onRetry, onDismiss }: UploadFailureProps) {
  const { file, error } = upload;
  const { title, detail } = describeError(error);
  const unusable = error instanceof ProblemError && error.status === UNUSABLE;
  const temporary =
    error instanceof UnreachableError || (error instanceof ProblemError && error.status >= 500);
  return (
    <div>
      <div role="alert" className="rounded-md bg-danger-soft p-3">
        <p className="flex items-center gap-2 font-medium text-danger">
          <CircleX aria-hidden className="size-4 shrink-0" />
          {title}
        </p>
        {upload.name !== null && (
          <p className="mt-1 flex text-xs">
            <SeriesName name={upload.name} />
          </p>
        )}
        <p className="mt-1 text-xs break-words whitespace-pre-line">{detail}</p>
        <p className="mt-1 text-xs">Nothing was stored.</p>
      </div>
      <div className="mt-3 flex flex-wrap gap-2">
        {file && temporary && (
          <Button size="small" variant="primary" onClick={() => onRetry(file, {})}>
            Try again
          </Button>
        )}
        <Button size="small" onClick={onDismiss}>
          Choose another file
        </Button>
      </div>
      {file && unusable && <OverrideForm onSubmit={(overrides) => onRetry(file, overrides)} />}
    </div>
  );
}
