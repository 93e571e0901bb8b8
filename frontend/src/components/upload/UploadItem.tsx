import { CircleCheck, CircleHelp, CircleX, Clock, LoaderCircle, type LucideIcon, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { columnsOf, describeError, isUnusable } from "@/api/errors";
import type { Import, UploadOverrides } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Progress } from "@/components/ui/Progress";
import { SeriesName } from "@/components/ui/SeriesName";
import { useCancelImport, useReading } from "@/hooks/imports";
import type { Upload, UploadControls, UploadStage } from "@/hooks/useUploads";
import { classes } from "@/lib/classes";
import { formatBytes } from "@/lib/format";
import { ChangeReading } from "./ChangeReading";
import { FirstRows } from "./FirstRows";
import { ImportProgress } from "./ImportProgress";
import { Question } from "./Question";
import { ReadingView } from "./ReadingView";
import { SeriesLink } from "./SeriesLink";
import { UploadFailure } from "./UploadFailure";
import { UploadReport } from "./UploadReport";

/** Where what the server has of a file tells what it is. */
const LOOKED_AT = ["importing", "asking", "stored"];

type State = UploadStage["state"];

const ICONS: Record<State, { Icon: LucideIcon; colour: string; word: string }> = {
  queued: { Icon: Clock, colour: "text-muted", word: "queued" },
  sending: { Icon: LoaderCircle, colour: "text-accent motion-safe:animate-spin", word: "" },
  importing: { Icon: LoaderCircle, colour: "text-accent motion-safe:animate-spin", word: "" },
  asking: { Icon: CircleHelp, colour: "text-warn", word: "" },
  failed: { Icon: CircleX, colour: "text-danger", word: "" },
  stored: { Icon: CircleCheck, colour: "text-ok", word: "stored" },
  cancelled: { Icon: CircleX, colour: "text-muted", word: "was cancelled." },
};

interface UploadItemProps {
  upload: Upload;
  /** Of the server's import, once the list of imports has it. */
  record: Import | undefined;
  synthetic: boolean;
  /** Whether what a stored file is taken for is shown whole. */
  whole: boolean;
  controls: UploadControls;
}

/** One file: where it is, what it is taken for, and what there is to answer or to mend. */
export function UploadItem({ upload, record, synthetic, whole, controls }: UploadItemProps) {
  const { state } = upload.stage;
  const { Icon, colour, word } = ICONS[state];
  const name = upload.stage.state === "stored" ? upload.stage.result.filename : upload.name;
  const running = state === "sending" || state === "importing";
  const item = useRef<HTMLLIElement>(null);
  const cancellation = useCancelImport();
  const abort = () => controls.abort(upload.id);
  // The server must be told of the end of an import. What it is storing by now, it stores.
  const cancel = state === "importing" ? () => cancellation.mutate(upload.id, { onSuccess: abort }) : abort;
  return (
    // It takes the focus from an answer, whose button goes with the question.
    <li ref={item} tabIndex={-1} className="outline-none grid min-w-0 grid-cols-1 gap-2.5 py-2.5 first:pt-0">
      <div className="flex min-h-8 items-center gap-2">
        <Icon aria-hidden className={classes("size-4 shrink-0", colour)} />
        {state === "stored" ? (
          <SeriesLink series={name} onShow={controls.show}>
            <SeriesName name={name} synthetic={synthetic} />
          </SeriesLink>
        ) : (
          <SeriesName name={name} className="font-medium" />
        )}
        <span role="status" className="shrink-0 text-muted">
          {word}
        </span>
        <span className="ml-auto flex shrink-0">
          {running ? (
            <Button size="small" disabled={cancellation.isPending} onClick={cancel}>
              Cancel
            </Button>
          ) : (
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Take ${name} off the list`}
              onClick={() => controls.dismiss(upload.id)}
            >
              <X aria-hidden className="size-4" />
            </Button>
          )}
        </span>
      </div>
      {running && cancellation.error && <p role="alert">{describeError(cancellation.error).detail}</p>}
      <Body
        upload={upload}
        record={record}
        whole={whole}
        controls={controls}
        onAnswer={() => item.current?.focus()}
      />
    </li>
  );
}

interface BodyProps extends Omit<UploadItemProps, "synthetic"> {
  onAnswer: () => void;
}

function Body({ upload, record, whole, controls, onAnswer }: BodyProps): ReactNode {
  const { id, name, file, fields, stage } = upload;
  const unusable = stage.state === "failed" && isUnusable(stage.error);
  const kept = record !== undefined && record.kept_until !== null;
  const { data: report, error } = useReading(
    id,
    fields,
    kept && (unusable || LOOKED_AT.includes(stage.state)),
  );
  const read = (chosen: UploadOverrides) => {
    controls.read(upload, chosen);
    onAnswer();
  };
  const change = (label: string) => (
    <ChangeReading
      id={id}
      name={name}
      fields={fields}
      label={label}
      onApply={read}
      onResend={file ? (chosen) => controls.resend(id, chosen) : undefined}
    />
  );
  switch (stage.state) {
    case "queued":
    case "cancelled":
      return null;
    case "sending":
      return <Sending sent={stage.sent} size={file?.size ?? 0} />;
    case "importing":
      return (
        <>
          {record && <ImportProgress record={record} />}
          {report && report.choices.length === 0 && <ReadingView says={report.says} report={report} />}
        </>
      );
    case "asking":
      return (
        <>
          <Question
            question={stage.question}
            choices={stage.choices}
            onChoose={(chosen) => read({ ...fields, ...chosen })}
          />
          {report && <FirstRows columns={report.columns} lines={report.lines} />}
          <div>{change("Read it another way")}</div>
        </>
      );
    case "failed":
      return (
        <UploadFailure
          error={stage.error}
          onResend={file ? () => controls.resend(id, fields) : undefined}
          change={unusable && change("Say how to read it")}
        >
          <FirstRows columns={columnsOf(error)} lines={[]} />
        </UploadFailure>
      );
    case "stored":
      return (
        whole && (
          <UploadReport
            result={stage.result}
            report={report}
            change={kept ? change("Change how it was read") : record && file && <NotKept />}
          />
        )
      );
  }
}

function Sending({ sent, size }: { sent: number; size: number }) {
  const text = `${formatBytes(sent)} of ${formatBytes(size)} sent`;
  return <Progress label="Sending" share={size > 0 ? sent / size : null} text={text} />;
}

function NotKept() {
  return (
    <p className="text-xs text-muted">
      The server keeps the file no longer: to change how it was read, send it again.
    </p>
  );
}
