import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import type { Theme } from "@/hooks/useTheme";
import { type ChartModel, SERIES } from "@/lib/chartModel";
import { chartSummary } from "@/lib/chartSummary";
import { formatRateWithUnit, RATE_UNIT } from "@/lib/format";
import { formatDateTime, type Zone, zoneName } from "@/lib/time";
import { ChartTooltip } from "./ChartTooltip";
import { type Palette, readPalette } from "./palette";
import type { PlotCursor, ZoomRange } from "./plotOptions";
import { fullRange, usePlot, type Visible } from "./usePlot";

const LARGE_STEP = 10;
const ZOOM_SHARE = 0.5;

interface PlotProps {
  model: ChartModel;
  zone: Zone;
  theme: Theme;
  nowLabel: string;
  pastLabel: string;
  visible: Visible;
  zoom: ZoomRange | null;
  onZoom: (range: ZoomRange | null) => void;
}

/** The canvas with its crosshair, which the arrow keys move as the mouse does. */
export function Plot({ model, zone, theme, nowLabel, pastLabel, visible, zoom, onZoom }: PlotProps) {
  const container = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<PlotCursor | null>(null);
  const palette = usePalette(theme);
  const context = useMemo(
    () => ({ model, palette, zone, nowLabel, onCursor: setCursor, onZoom }),
    [model, palette, zone, nowLabel, onZoom],
  );
  const plot = usePlot(container, context, zoom, visible);
  const summaryId = useId();

  const last = model.columns[0].length - 1;
  const moveTo = (index: number) => {
    const time = model.columns[0][Math.min(Math.max(index, 0), last)];
    if (!plot.current || time === undefined) return;
    plot.current.setCursor({ left: plot.current.valToPos(time, "x"), top: 0 });
  };
  const zoomIn = () => {
    const { min, max } = zoom ?? fullRange(model);
    const middle = model.columns[0][cursor?.index ?? last] ?? max;
    const half = ((max - min) * ZOOM_SHARE) / 2;
    onZoom({ min: Math.max(min, middle - half), max: Math.min(max, middle + half) });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = cursor?.index ?? model.futureFrom;
    const step = event.shiftKey ? LARGE_STEP : 1;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "ArrowLeft":
        moveTo(at - step);
        break;
      case "ArrowRight":
        moveTo(cursor ? at + step : at);
        break;
      case "PageUp":
        moveTo(at - LARGE_STEP);
        break;
      case "PageDown":
        moveTo(at + LARGE_STEP);
        break;
      case "Home":
        moveTo(0);
        break;
      case "End":
        moveTo(last);
        break;
      case "Escape":
        plot.current?.setCursor({ left: -10, top: -10 });
        break;
      case "+":
        zoomIn();
        break;
      case "0":
        onZoom(null);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div className="relative">
      <span aria-hidden className="absolute top-0 left-3 text-2xs text-muted">
        {RATE_UNIT}
      </span>
      <div
        ref={container}
        role="slider"
        tabIndex={0}
        aria-label="Crosshair of the request rate chart"
        aria-describedby={summaryId}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={Math.min(cursor?.index ?? last, last)}
        aria-valuetext={
          cursor ? valueText(model, cursor.index, zone, pastLabel) : "No time chosen. Arrow keys move it."
        }
        onKeyDown={onKeyDown}
        className="h-[clamp(17rem,calc(100dvh-25rem),40rem)] w-full overflow-hidden rounded-sm"
      />
      {cursor && cursor.index <= last && (
        <ChartTooltip model={model} cursor={cursor} zone={zone} pastLabel={pastLabel} />
      )}
      <p id={summaryId} className="sr-only" data-testid="chart-summary">
        {chartSummary(model, zone)}
      </p>
    </div>
  );
}

function usePalette(theme: Theme): Palette {
  const [palette, setPalette] = useState(() => ({ theme, colours: readPalette(document.body) }));
  useEffect(() => setPalette({ theme, colours: readPalette(document.body) }), [theme]);
  return palette.colours;
}

function valueText(model: ChartModel, index: number, zone: Zone, pastLabel: string): string {
  const at = (column: keyof typeof SERIES) => model.columns[SERIES[column]][index] ?? null;
  const time = `${formatDateTime(model.columns[0][index] ?? model.now, zone, model.step)} ${zoneName(zone)}`;
  const past = at("past") === null ? "" : `, ${pastLabel} ${formatRateWithUnit(at("past"))}`;
  const growing = at("growing") === null ? "" : `, so far ${formatRateWithUnit(at("growing"))}`;
  const forecast = `LGBM+ ${formatRateWithUnit(at("lgbmPlus"))}, LGBM ${formatRateWithUnit(at("lgbm"))}`;
  if (index >= model.futureFrom) return `${time}: forecast ${forecast}${growing}`;
  const anomaly = at("anomaly") === null ? "" : ", anomaly";
  return `${time}: actual ${formatRateWithUnit(at("actual"))}, ${forecast}${past}${anomaly}`;
}
