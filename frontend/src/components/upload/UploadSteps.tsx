import { Check, LoaderCircle } from "lucide-react";
import type { ImportState } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { SeriesName } from "@/components/ui/SeriesName";
import type { Upload } from "@/hooks/useUpload";
import { classes } from "@/lib/classes";
import { formatBytes } from "@/lib/format";

const STEPS: { label: string; during: ImportState[] }[] = [
  { label: "Sending", during: ["receiving"] },
  { label: "Reading rows", during: ["waiting", "reading"] },
  { label: "Forecasting", during: ["forecasting"] },
  { label: "Storing", during: ["storing", "done"] },
];

interface UploadStepsProps {
  upload: Extract<Upload, { state: "sending" }>;
  onCancel: () => void;
}

/** How far an upload is: bytes while they are sent, then the step that the server reports. */
export function UploadSteps({ upload, onCancel }: UploadStepsProps) {
  const allSent = upload.sent >= upload.size;
  const stage = allSent ? Math.max(1, stageOf(upload.step)) : 0;
  const waits = allSent && upload.step === "waiting";
  return (
    <div>
      <div className="flex items-center justify-between gap-3">
        <SeriesName name={upload.name} className="font-medium" />
        <Button size="small" onClick={onCancel}>
          Cancel
        </Button>
      </div>
      <progress
        aria-label="Bytes sent"
        max={upload.size || 1}
        value={upload.sent}
        className="mt-3 h-1.5 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-inset [&::-webkit-progress-value]:bg-accent"
      />
      <p className="mt-1 text-xs text-muted">
        {formatBytes(upload.sent)} of {formatBytes(upload.size)} sent
      </p>
      <ol className="mt-3 grid gap-1.5 text-xs">
        {STEPS.map(({ label }, index) => (
          <li
            key={label}
            aria-current={index === stage ? "step" : undefined}
            className={classes("flex items-center gap-2", index > stage ? "text-muted" : "text-ink")}
          >
            <StepMark done={index < stage} current={index === stage} />
            {label}
            {index === 1 && waits && <span className="text-muted">waiting for another upload to finish</span>}
          </li>
        ))}
      </ol>
      <p role="status" className="sr-only">
        {STEPS[stage]?.label}
      </p>
    </div>
  );
}

function stageOf(step: ImportState | null): number {
  return STEPS.findIndex(({ during }) => step !== null && during.includes(step));
}

function StepMark({ done, current }: { done: boolean; current: boolean }) {
  if (done) return <Check aria-hidden className="size-3.5 text-ok" />;
  if (current) return <LoaderCircle aria-hidden className="size-3.5 motion-safe:animate-spin text-accent" />;
  return <span aria-hidden className="mx-1 size-1.5 rounded-full bg-control" />;
}
