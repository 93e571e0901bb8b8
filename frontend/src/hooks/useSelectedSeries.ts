import { useEffect, useRef } from "react";
import type { Series } from "@/api/types";
import { isolate } from "@/lib/names";
import { defaultSeries } from "@/lib/view";
import type { Navigate } from "./useView";

/**
 * The stored series that the URL names. Where it names none, or one that is gone, the page moves on to the one it
 * replayed, or to the live one or the one written last, and says so.
 */
export function useSelectedSeries(
  list: readonly Series[] | undefined,
  requested: string | null,
  navigate: Navigate,
  onNotice: (notice: string) => void,
): Series | null {
  const selected = list?.find((series) => series.filename === requested) ?? null;
  const lastSelected = useRef<Series | null>(null);

  useEffect(() => {
    if (selected) lastSelected.current = selected;
    if (selected || list === undefined) return;
    const gone = lastSelected.current?.filename === requested ? lastSelected.current : null;
    const replayed = list.find(({ filename }) => filename === gone?.replay_of) ?? null;
    if (replayed) onNotice(`The replay of ${isolate(replayed.filename)} has ended.`);
    else if (requested !== null) onNotice(`${isolate(requested)} ${gone ? "was deleted" : "is not stored"}.`);
    const next = (replayed ?? defaultSeries(list))?.filename ?? null;
    if (next !== requested) navigate({ series: next }, { replace: true });
  }, [list, selected, requested, navigate, onNotice]);

  return selected;
}
