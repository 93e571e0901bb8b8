import type { Series } from "@/api/types";
import { useNow } from "@/hooks/useNow";
import { usePage } from "@/hooks/usePage";
import { countOf, formatAge, formatDuration } from "@/lib/format";
import { formatSpan, toSeconds } from "@/lib/time";
import { Tile } from "./Tile";

/** What is stored of the series. */
export function SeriesTile({ series }: { series: Series }) {
  const { zone } = usePage();
  const now = useNow();
  const window = series.window_seconds;
  const facts = [
    {
      term: "Span",
      text: formatSpan(toSeconds(series.first), toSeconds(series.last) + window, zone, window),
    },
    { term: "Stored", text: `${countOf(series.points, "window")} of ${formatDuration(window)}` },
    { term: "Written", text: `${formatAge(now - toSeconds(series.written_at))} ago` },
    { term: "Model", text: series.version },
  ];
  return (
    <Tile title="Series">
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        {facts.map(({ term, text }) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd className="min-w-0 break-words">{text}</dd>
          </div>
        ))}
      </dl>
    </Tile>
  );
}
