import type { Import } from "@/api/types";
import { Progress } from "@/components/ui/Progress";
import { IMPORT_STATES, progressText } from "@/lib/imports";

/** How far an import is: its step, and within it share, rows, their rate and the time left. */
export function ImportProgress({ record }: { record: Import }) {
  const { label } = IMPORT_STATES[record.state];
  return <Progress label={label} share={record.share} text={progressText(record)} />;
}
