import { LoaderCircle, Sparkles } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Card, CardTitle } from "@/components/ui/Card";
import { SeriesName } from "@/components/ui/SeriesName";
import type { UploadControls } from "@/hooks/useUpload";
import { classes } from "@/lib/classes";
import { Dropzone } from "./Dropzone";
import { UploadFailure } from "./UploadFailure";
import { UploadReport } from "./UploadReport";
import { UploadSteps } from "./UploadSteps";

interface UploadCardProps {
  controls: UploadControls;
  /** Whether a stored series is generated traffic. */
  isSynthetic: (filename: string) => boolean;
  /** The page has nothing else to show. */
  large?: boolean;
}

/** One place for a file: waiting for one, sending it, and the result. */
export function UploadCard({ controls, isSynthetic, large = false }: UploadCardProps) {
  const { upload, send, loadSample, cancel, reset } = controls;
  const titleId = useId();
  return (
    <Card aria-labelledby={titleId} className={classes("flex min-w-0 flex-col", large ? "p-6" : "p-4")}>
      <CardTitle id={titleId} className={classes("mb-2.5 flex min-h-5 items-center", large && "sr-only")}>
        Upload traffic
      </CardTitle>
      {upload.state === "sending" && <UploadSteps upload={upload} onCancel={cancel} />}
      {upload.state === "generating" && (
        <p role="status" className="flex items-center gap-2 py-6 text-muted">
          <LoaderCircle aria-hidden className="size-4 motion-safe:animate-spin text-accent" />
          Generating seven days of synthetic requests…
        </p>
      )}
      {upload.state === "done" && (
        <UploadReport result={upload.result} synthetic={isSynthetic(upload.result.filename)} onDone={reset} />
      )}
      {upload.state === "failed" && <UploadFailure upload={upload} onRetry={send} onDismiss={reset} />}
      {(upload.state === "idle" || upload.state === "cancelled") && (
        <Waiting
          cancelled={upload.state === "cancelled" ? upload.name : null}
          large={large}
          onFile={send}
          onSample={loadSample}
        />
      )}
    </Card>
  );
}

interface WaitingProps {
  cancelled: string | null;
  large: boolean;
  onFile: (file: File) => void;
  onSample: () => void;
}

function Waiting({ cancelled, large, onFile, onSample }: WaitingProps) {
  const [refused, setRefused] = useState<string | null>(null);
  return (
    <>
      {cancelled !== null && (
        <p role="status" className="mb-2 flex items-center gap-1 text-xs text-muted">
          <SeriesName name={cancelled} /> <span className="shrink-0">was cancelled.</span>
        </p>
      )}
      {refused !== null && (
        <p role="alert" className="mb-2 rounded-md bg-danger-soft p-2.5 text-xs text-danger">
          {refused}
        </p>
      )}
      <Dropzone
        large={large}
        onRefused={setRefused}
        onFile={(file) => {
          setRefused(null);
          onFile(file);
        }}
      />
      <div
        className={classes(
          "flex flex-wrap items-center gap-x-3 gap-y-1",
          large ? "mt-5 justify-center" : "mt-2.5",
        )}
      >
        <span className="text-xs text-muted">No file at hand?</span>
        <Button size={large ? "default" : "small"} onClick={onSample}>
          <Sparkles aria-hidden className="size-3.5 text-accent" />
          Load sample traffic
        </Button>
      </div>
    </>
  );
}
