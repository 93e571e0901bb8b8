import type { PreviewWindow } from "@/api/types";
import { usePage } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { formatRateWithUnit } from "@/lib/format";
import { PREVIEW_HEIGHT, PREVIEW_WIDTH, previewPaths } from "@/lib/previewPath";
import { formatSpan, toSeconds } from "@/lib/time";

interface RatePreviewProps {
  windows: readonly PreviewWindow[];
  /** What is drawn is of an earlier choice, until the server has answered. */
  outdated?: boolean;
}

/** The shape of a reading: a line without axes, its largest rate and its ends in words. SVG, for it needs no crosshair
 * and takes its colours from the theme. */
export function RatePreview({ windows, outdated = false }: RatePreviewProps) {
  const { zone } = usePage();
  const { line, area } = previewPaths(windows);
  const rates = windows.flatMap(({ rps }) => (rps === null ? [] : [rps]));
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last || rates.length === 0) return null;
  return (
    <span className="block">
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${PREVIEW_WIDTH} ${PREVIEW_HEIGHT}`}
        preserveAspectRatio="none"
        // The line alone: words that fade are hard to read.
        className={classes(
          "block h-14 w-full border-b border-line motion-safe:transition-opacity",
          outdated && "opacity-40",
        )}
      >
        <path d={area} fill="var(--series-band)" />
        <path
          d={line}
          fill="none"
          stroke="var(--series-model-1)"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <span className="figures mt-1 flex flex-wrap justify-between gap-x-3 text-2xs text-muted">
        <span>{formatSpan(toSeconds(first.timestamp), toSeconds(last.timestamp), zone)}</span>
        <span>drawn up to {formatRateWithUnit(Math.max(...rates))}</span>
      </span>
    </span>
  );
}
