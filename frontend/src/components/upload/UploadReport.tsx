import type { ReactNode } from "react";
import type { InspectionReport, UploadResult } from "@/api/types";
import { usePage } from "@/hooks/usePage";
import { countOf, formatCount, formatDuration } from "@/lib/format";
import { inReadingWords } from "@/lib/reading";
import { formatDateTime, formatSpan, toSeconds, zoneName } from "@/lib/time";
import { ReadingView } from "./ReadingView";

interface UploadReportProps {
  result: UploadResult;
  /** Undefined of a file that the server does not keep. */
  report: InspectionReport | undefined;
  /** Lets the file be read in another way, or says why that cannot be. */
  change: ReactNode;
}

/** The result of an import: how the file was read, first of all, and the server's own numbers. */
export function UploadReport({ result, report, change }: UploadReportProps) {
  const { zone } = usePage();
  const dropped = result.rows_dropped.reduce((total, { count }) => total + count, 0);
  const window = result.window_seconds;
  return (
    <>
      {result.already_stored && (
        <p className="text-xs">
          Already stored on {formatDateTime(toSeconds(result.already_stored), zone)}{" "}
          {zoneName(zone, toSeconds(result.already_stored))}, with the same reading: nothing was read again.
        </p>
      )}
      <ReadingView says={result.says} report={report} />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        <Fact term="Rows read">{formatCount(result.rows_read)}</Fact>
        <Fact term="Rows dropped">{dropped === 0 ? "none" : formatCount(dropped)}</Fact>
        <Fact term="Windows">
          {formatCount(result.windows)} of {formatDuration(window)}
          {result.gaps > 0 ? `, ${formatCount(result.gaps)} unknown` : ", no gaps"}
        </Fact>
        <Fact term="Span">
          {formatSpan(toSeconds(result.first), toSeconds(result.last) + window, zone, window)}
        </Fact>
      </dl>
      <details className="text-xs">
        <summary className="font-medium text-accent">How it was read</summary>
        <div className="mt-2 grid gap-3">
          <Reading result={result} />
          {dropped > 0 && <Dropped result={result} />}
          {result.assumptions.length > 0 && (
            <ReportList title="Detected automatically" items={result.assumptions.map(inReadingWords)} />
          )}
        </div>
      </details>
      {change && <div>{change}</div>}
    </>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{term}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function Reading({ result }: { result: UploadResult }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      <Fact term="Format">
        {result.format}, {result.kind === "raw" ? "one row per request" : "one row per window"}
      </Fact>
      {result.timestamp_column !== null && (
        <Fact term="Time column">
          <bdi>{result.timestamp_column}</bdi> ({result.time_unit}, {result.timezone})
        </Fact>
      )}
      {result.value_column !== null && (
        <Fact term="Value column">
          <bdi>{result.value_column}</bdi> ({result.value_unit})
        </Fact>
      )}
      <Fact term="Stored">
        {countOf(result.points_written, "point")}, model {result.version}
      </Fact>
    </dl>
  );
}

function Dropped({ result }: { result: UploadResult }) {
  const items = result.rows_dropped.map(
    ({ reason, count, first_rows }) =>
      `${reason}: ${countOf(count, "row")}${first_rows.length > 0 ? `, first at ${first_rows.map(formatCount).join("; ")}` : ""}`,
  );
  return <ReportList title="Dropped rows" items={items} />;
}

function ReportList({ title, items }: { title: string; items: string[] }) {
  return (
    <div>
      <h3 className="text-muted">{title}</h3>
      <ul className="mt-1 list-disc space-y-1 pl-4">
        {items.map((item) => (
          <li key={item} className="break-words">
            {item}
          </li>
        ))}
      </ul>
    </div>
  );
}
