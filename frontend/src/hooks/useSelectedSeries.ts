import { useEffect, useRef } from "react";
import type { Series } from "@/api/types";
import { isolate, replayedName } from "@/lib/names";
import { defaultSeries } from "@/lib/view";
import type { Navigate } from "./useView";

/**
 * The stored series that the URL names. Where it names none, or one that is gone, the page moves on to the one it
 * played, or to the live one or the one written last, and says so.
 */
export function useSelectedSeries(
  list: readonly Series[] | undefined,
  requested: string | null,
  navigate: Navigate,
  onNotice: (notice: string) => void,
): Series | null {
  const selected = list?.find((series) => series.filename === requested) ?? null;
  const missing = list !== undefined && selected === null;
  const played = requested === null ? null : replayedName(requested);
  const source = list?.find((series) => series.filename === played) ?? null;
  const next = missing ? (source ?? defaultSeries(list))?.filename : selected?.filename;

  const lastSelected = useRef<string | null>(null);

  useEffect(() => {
    if (selected) lastSelected.current = selected.filename;
  }, [selected]);

  useEffect(() => {
    if (!missing) return;
    if (source) onNotice(`The replay of ${isolate(source.filename)} has ended.`);
    else if (requested !== null)
      onNotice(
        `${isolate(requested)} ${requested === lastSelected.current ? "was deleted" : "is not stored"}.`,
      );
    if ((next ?? null) !== requested) navigate({ series: next ?? null }, { replace: true });
  }, [missing, requested, next, source, navigate, onNotice]);

  return selected;
}
