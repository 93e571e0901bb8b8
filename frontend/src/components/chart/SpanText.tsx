import { Badge } from "@/components/ui/Badge";
import { usePage } from "@/hooks/usePage";
import type { ChartModel } from "@/lib/chartModel";
import { formatDuration } from "@/lib/format";
import { formatClock, formatSpan } from "@/lib/time";
import type { ZoomRange } from "./plotOptions";

interface SpanTextProps {
  model: ChartModel;
  zoom: ZoomRange | null;
  windowSeconds: number;
  frozen: boolean;
}

/** Which time the chart shows, with its dates: a log of 1995 ends in 1995. */
export function SpanText({ model, zoom, windowSeconds, frozen }: SpanTextProps) {
  const { zone } = usePage();
  const { times } = model;
  const from = zoom?.min ?? times[0] ?? model.now;
  const to = zoom?.max ?? model.now;
  const lastForecast = times.length > model.futureFrom ? times.at(-1) : undefined;
  const merged = model.step > windowSeconds;
  return (
    <p className="text-xs text-muted">
      {frozen && (
        <Badge tone="accent" className="mr-2">
          frozen
        </Badge>
      )}
      <span className="font-medium text-ink">{formatSpan(from, to, zone, Math.min(model.step, 60))}</span>
      {` · ${formatDuration(model.step)} ${merged ? "averages" : "windows"}`}
      {zoom === null &&
        lastForecast !== undefined &&
        ` · forecast to ${formatClock(lastForecast + windowSeconds, zone, windowSeconds)}`}
    </p>
  );
}
