import { useEffect, useEffectEvent, useRef } from "react";
import type { Forecast } from "@/api/types";
import { scoredName } from "@/lib/names";

/** Tells when another candidate's forecast is served than before, and why. */
export function useServedNotice(forecast: Forecast | null, onChange: (text: string) => void): void {
  const seen = useRef<{ filename: string; model: string } | null>(null);
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    if (!forecast?.served) return;
    const { filename, served } = forecast;
    const before = seen.current;
    seen.current = { filename, model: served.model };
    if (before?.filename === filename && before.model !== served.model)
      tell(
        `${scoredName(served.model)} is served now, no longer ${scoredName(before.model)}: ${served.reason}.`,
      );
  }, [forecast]);
}
