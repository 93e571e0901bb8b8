import { useEffect, useEffectEvent, useRef } from "react";
import type { Forecast, Limits } from "@/api/types";
import { changeText, type ServedByHorizon, servedByHorizon } from "@/lib/served";

/** Announces it when at some horizon another candidate is served than before. */
export function useServedNotice(
  forecast: Forecast | null,
  limits: Limits | null,
  announce: (text: string) => void,
): void {
  const last = useRef<{ filename: string; served: ServedByHorizon } | null>(null);
  const onForecast = useEffectEvent(({ filename, served }: Forecast, limits: Limits) => {
    const before = last.current?.filename === filename ? last.current.served : {};
    // A horizon that is not served for a while is held against what was served there before.
    last.current = { filename, served: { ...before, ...servedByHorizon(served) } };
    const text = changeText(before, served, limits);
    if (text !== null) announce(text);
  });
  useEffect(() => {
    if (forecast && limits) onForecast(forecast, limits);
  }, [forecast, limits]);
}
