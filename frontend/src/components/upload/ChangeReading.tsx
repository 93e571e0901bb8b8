import { useState } from "react";
import { columnsOf, describeError, isGone } from "@/api/errors";
import type { UploadOverrides } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { SeriesName } from "@/components/ui/SeriesName";
import { useReading } from "@/hooks/imports";
import { useNewest } from "@/hooks/useNewest";
import { inReadingWords } from "@/lib/reading";
import { Question } from "./Question";
import { RatePreview } from "./RatePreview";
import { ReadingForm } from "./ReadingForm";

interface ChangeReadingProps {
  id: string;
  name: string;
  /** Those that it was read with. */
  fields: UploadOverrides;
  /** What the button says. */
  label: string;
  onApply: (fields: UploadOverrides) => void;
  /** Sends the file again, to be read so; undefined where the page has none. */
  onResend: ((fields: UploadOverrides) => void) | undefined;
}

/** Lets a file be read in another way, from what the server keeps of it. */
export function ChangeReading({ label, ...props }: ChangeReadingProps) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog wide open={open} title="How the file is read" onClose={close}>
        <Changing {...props} onClose={close} />
      </Dialog>
    </>
  );
}

function Changing({
  id,
  name,
  fields: before,
  onApply,
  onResend,
  onClose,
}: Omit<ChangeReadingProps, "label"> & { onClose: () => void }) {
  const [fields, setFields] = useState(before);
  const reading = useReading(id, fields, true);
  const report = useNewest(reading.data);
  const { error } = reading;
  const choices = reading.data?.choices ?? [];
  const gone = isGone(error);
  const certain = reading.isSuccess && !reading.isPlaceholderData && choices.length === 0;
  const choose = (chosen: UploadOverrides) => setFields({ ...fields, ...chosen });

  return (
    <>
      <p className="mt-1 flex text-muted">
        <SeriesName name={name} />
      </p>
      <div className="mt-4 grid gap-4">
        {choices.length > 0 ? (
          <Question
            question="It can be read in more than one way. Which is right?"
            choices={choices}
            onChoose={choose}
          />
        ) : (
          <div className="grid min-h-28 content-start gap-3">
            {error ? (
              <Refused error={error} gone={gone} />
            ) : (
              <p role="status" className="break-words">
                {report?.says ?? "Reading…"}
              </p>
            )}
            {report && !gone && (
              <RatePreview windows={report.preview} outdated={error !== null || reading.isPlaceholderData} />
            )}
          </div>
        )}
        {!gone && (
          <ReadingForm
            report={report}
            columns={report?.columns ?? columnsOf(error)}
            fields={fields}
            onChange={setFields}
          />
        )}
      </div>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Leave it as it is</Button>
        {gone && onResend && (
          <Button variant="primary" onClick={() => onResend(fields)}>
            Send it again
          </Button>
        )}
        {!gone && (
          <Button
            variant="primary"
            disabled={!certain}
            onClick={() => {
              onApply(fields);
              onClose();
            }}
          >
            Store it so
          </Button>
        )}
      </div>
    </>
  );
}

function Refused({ error, gone }: { error: Error; gone: boolean }) {
  const { title, detail } = gone
    ? {
        title: "The server does not keep this file any more",
        detail: "It keeps a file for 30 minutes after it was read last, and fewer where many were sent.",
      }
    : describeError(error);
  return (
    <div role="alert" className="rounded-md bg-danger-soft p-2.5 text-xs">
      <p className="font-medium text-danger">{title}</p>
      <p className="mt-1 break-words">{inReadingWords(detail)}</p>
    </div>
  );
}
