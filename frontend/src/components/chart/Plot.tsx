import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useMedia } from "@/hooks/useMedia";
import { usePage } from "@/hooks/usePage";
import type { Theme } from "@/hooks/useTheme";
import type { ChartModel } from "@/lib/chartModel";
import { windowText } from "@/lib/chartSummary";
import { RATE_UNIT } from "@/lib/format";
import { CHART_HEIGHT } from "./ChartStates";
import { ChartTooltip } from "./ChartTooltip";
import { type Palette, readPalette } from "./palette";
import type { Border, PlotCursor, ZoomRange } from "./plotOptions";
import { fullRange, usePlot } from "./usePlot";

const LARGE_STEP = 10;
const ZOOM_SHARE = 0.5;

interface PlotProps {
  model: ChartModel;
  /** What it is a chart of. */
  subject?: string;
  unit?: string;
  /** The chart in words. */
  summary: string;
  border: Border | null;
  /** Keys of the lines that are switched off. */
  hidden: ReadonlySet<string>;
  zoom: ZoomRange | null;
  onZoom: (range: ZoomRange | null) => void;
  /** What is pointed at is to hold still. */
  onPointed?: (pointed: boolean) => void;
  /** Newer data waits until it is let go. */
  held?: boolean;
}

/** The canvas with its crosshair, which the arrow keys move as the mouse does. */
export function Plot({
  model,
  subject = "request rate",
  unit = RATE_UNIT,
  summary,
  border,
  hidden,
  zoom,
  onZoom,
  onPointed,
  held = false,
}: PlotProps) {
  const { theme, zone } = usePage();
  const container = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<PlotCursor | null>(null);
  const pointed = cursor !== null;
  useEffect(() => {
    onPointed?.(pointed);
    return () => onPointed?.(false);
  }, [pointed, onPointed]);
  const palette = usePalette(theme);
  const context = useMemo(
    () => ({ model, palette, zone, border, onCursor: setCursor, onZoom }),
    [model, palette, zone, border, onZoom],
  );
  const plot = usePlot(container, context, zoom, hidden);
  const summaryId = useId();

  const last = model.times.length - 1;
  const moveTo = (index: number) => {
    const time = model.times[Math.min(Math.max(index, 0), last)];
    if (!plot.current || time === undefined) return;
    plot.current.setCursor({ left: plot.current.valToPos(time, "x"), top: 0 });
  };
  const letGo = () => plot.current?.setCursor({ left: -10, top: -10 });
  const zoomIn = () => {
    const { min, max } = zoom ?? fullRange(model);
    const middle = model.times[cursor?.index ?? last] ?? max;
    const half = ((max - min) * ZOOM_SHARE) / 2;
    onZoom({ min: Math.max(min, middle - half), max: Math.min(max, middle + half) });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = cursor?.index ?? model.futureFrom;
    const step = event.shiftKey ? LARGE_STEP : 1;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => moveTo(at - step),
      ArrowRight: () => moveTo(cursor ? at + step : at),
      PageUp: () => moveTo(at + LARGE_STEP),
      PageDown: () => moveTo(at - LARGE_STEP),
      Home: () => moveTo(0),
      End: () => moveTo(last),
      Escape: letGo,
      "+": zoomIn,
      "0": () => onZoom(null),
    };
    const act = actions[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  };

  return (
    <div className="relative">
      <span aria-hidden className="absolute top-0 left-3 text-2xs text-muted">
        {unit}
      </span>
      {held && (
        <span aria-hidden className="absolute top-0 right-3 text-2xs text-muted">
          held while pointed at
        </span>
      )}
      <div
        ref={container}
        role="slider"
        tabIndex={0}
        aria-label={`Crosshair of the ${subject} chart`}
        aria-describedby={summaryId}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={Math.min(cursor?.index ?? last, last)}
        aria-valuetext={
          cursor ? windowText(model, cursor.index, zone) : "No time selected. The arrow keys move it."
        }
        onKeyDown={onKeyDown}
        onBlur={letGo}
        className={`${CHART_HEIGHT} w-full overflow-hidden rounded-sm`}
      />
      {cursor && cursor.index <= last && <ChartTooltip model={model} unit={unit} cursor={cursor} />}
      <p id={summaryId} className="sr-only" data-testid="chart-summary">
        {summary}
      </p>
    </div>
  );
}

function usePalette(theme: Theme): Palette {
  const forced = useMedia("(forced-colors: active)");
  const [palette, setPalette] = useState(() => ({ theme, forced, colours: readPalette(document.body) }));
  useEffect(() => setPalette({ theme, forced, colours: readPalette(document.body) }), [theme, forced]);
  return palette.colours;
}
