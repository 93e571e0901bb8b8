import { useState } from "react";
import { describeError } from "@/api/errors";
import type { Import, Series, UploadOverrides } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { SeriesName } from "@/components/ui/SeriesName";
import { useCancelImport } from "@/hooks/imports";
import { useNow } from "@/hooks/useNow";
import { usePage } from "@/hooks/usePage";
import type { UploadControls } from "@/hooks/useUploads";
import { countOf, formatAge, formatBytes } from "@/lib/format";
import { IMPORT_STATES, isRunning } from "@/lib/imports";
import { inReadingWords } from "@/lib/reading";
import { formatDates, formatDateTime, toSeconds, zoneName } from "@/lib/time";
import { ChangeReading } from "./ChangeReading";
import { ImportProgress } from "./ImportProgress";
import { SeriesLink } from "./SeriesLink";

/** What is seen of a long list before more of it is asked for. */
const SHORT = 4;

interface ImportListProps {
  imports: readonly Import[];
  /** The series that are stored. */
  list: readonly Series[];
  controls: UploadControls;
}

/** What was sent before, or is being imported for another page or an earlier visit: the newest first. */
export function ImportList({ imports, list, controls }: ImportListProps) {
  const [whole, setWhole] = useState(false);
  if (imports.length === 0) return null;
  const shown = whole ? imports : imports.slice(0, SHORT);
  return (
    <section aria-label="Imports" className="mt-4">
      <h3 className="text-xs font-medium text-muted">Imports</h3>
      <ul className="mt-1 divide-y divide-line">
        {shown.map((record) => (
          <ImportRow
            key={record.id}
            record={record}
            deleted={record.state === "done" && !list.some(({ filename }) => filename === record.series)}
            controls={controls}
          />
        ))}
      </ul>
      {imports.length > SHORT && (
        <Button size="small" variant="ghost" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Show fewer" : `Show all ${imports.length}`}
        </Button>
      )}
    </section>
  );
}

interface ImportRowProps {
  record: Import;
  /** What it stored is not there any more. */
  deleted: boolean;
  controls: UploadControls;
}

function ImportRow({ record, deleted, controls }: ImportRowProps) {
  const cancellation = useCancelImport();
  const { label, tone } = IMPORT_STATES[record.state];
  const running = isRunning(record);
  return (
    <li className="grid grid-cols-1 gap-1 py-2 text-xs">
      <div className="flex min-h-6 items-center gap-2">
        {record.state === "done" && record.series !== null && !deleted ? (
          <SeriesLink series={record.series} onShow={controls.show}>
            <SeriesName name={record.filename} />
          </SeriesLink>
        ) : (
          <SeriesName name={record.filename} className="font-medium" />
        )}
        <span className="ml-auto flex shrink-0">
          {running ? (
            <Button
              size="small"
              aria-label={`Cancel ${record.filename}`}
              disabled={cancellation.isPending}
              onClick={() => cancellation.mutate(record.id)}
            >
              Cancel
            </Button>
          ) : (
            <Badge tone={tone}>{deleted ? "Deleted" : label}</Badge>
          )}
        </span>
      </div>
      <Facts record={record} />
      {running && <ImportProgress record={record} />}
      {cancellation.error && <p role="alert">{describeError(cancellation.error).detail}</p>}
      {record.problem !== null && <p className="break-words">{inReadingWords(record.problem)}</p>}
      {!running && !deleted && record.kept_until !== null && (
        <span>
          <ChangeReading
            id={record.id}
            name={record.filename}
            fields={record.fields as UploadOverrides}
            label={record.state === "done" ? "Change how it was read" : "Say how to read it"}
            onApply={(fields) => controls.read({ id: record.id, name: record.filename }, fields)}
            onResend={undefined}
          />
        </span>
      )}
    </li>
  );
}

function Facts({ record }: { record: Import }) {
  const { zone } = usePage();
  const now = useNow();
  const sent = toSeconds(record.sent_at);
  const facts = [
    formatBytes(record.bytes),
    record.rows !== null && !isRunning(record) && countOf(record.rows, "row"),
    record.first !== null &&
      record.last !== null &&
      formatDates(toSeconds(record.first), toSeconds(record.last), zone),
  ].filter(Boolean);
  return (
    <p className="figures text-muted">
      <time dateTime={record.sent_at} title={`${formatDateTime(sent, zone)} ${zoneName(zone, sent)}`}>
        {formatAge(now - sent)} ago
      </time>
      {facts.map((fact) => ` · ${fact}`)}
    </p>
  );
}
