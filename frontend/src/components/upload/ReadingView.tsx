import type { InspectionReport } from "@/api/types";
import { FirstRows } from "./FirstRows";
import { RatePreview } from "./RatePreview";

interface ReadingViewProps {
  /** The reading in one sentence. */
  says: string;
  report: InspectionReport | undefined;
}

/** What a file is: the reading in a sentence, its shape, and its first rows with the role of each column. */
export function ReadingView({ says, report }: ReadingViewProps) {
  return (
    <>
      <p className="text-xs break-words">{says}</p>
      {report && (
        <>
          <RatePreview windows={report.preview} />
          <FirstRows columns={report.columns} lines={report.lines} />
        </>
      )}
    </>
  );
}
