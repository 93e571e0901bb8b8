import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import { type ChartModel, SERIES } from "@/lib/chartModel";
import { type PlotContext, plotOptions, type ZoomRange } from "./plotOptions";

export interface Visible {
  actual: boolean;
  lgbmPlus: boolean;
  lgbm: boolean;
  band: boolean;
}

/** From here on, lines and markers of the usual size would cover each other. */
const DENSE_POINTS = 400;

/** A uPlot in `container`: made once, given new data, resized with its container, destroyed on unmount. */
export function usePlot(
  container: RefObject<HTMLDivElement | null>,
  context: PlotContext,
  zoom: ZoomRange | null,
  visible: Visible,
): RefObject<uPlot | null> {
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(context);

  useEffect(() => {
    const parent = container.current;
    if (!parent) return;
    const size = () => ({ width: parent.clientWidth, height: parent.clientHeight });
    const made = new uPlot(
      plotOptions(size(), () => newest.current),
      newest.current.model.columns,
      parent,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(parent);
    // Canvas text measured before the font came would keep the fallback's shape.
    document.fonts.ready.then(() => plot.current?.redraw(false, true));
    return () => {
      observer.disconnect();
      plot.current = null;
      made.destroy();
    };
  }, [container]);

  useEffect(() => {
    newest.current = context;
    const made = plot.current;
    if (!made) return;
    adaptToDensity(made, context.model.columns[0].length);
    made.batch(() => {
      made.setData(context.model.columns, false);
      made.setScale("x", zoom ?? fullRange(context.model));
      made.redraw(false, true);
    });
  }, [context, zoom]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    made.batch(() => {
      for (const name of ["actual", "lgbmPlus", "lgbm"] as const)
        made.setSeries(SERIES[name], { show: visible[name] });
      for (const name of ["anomaly", "growing"] as const)
        made.setSeries(SERIES[name], { show: visible.actual });
      for (const name of ["p90", "p10"] as const) made.setSeries(SERIES[name], { show: visible.band });
    });
  }, [visible]);

  return plot;
}

export function fullRange(model: ChartModel): ZoomRange {
  const [times] = model.columns;
  const min = times[0] ?? model.now - model.step;
  const max = Math.max(times.at(-1) ?? model.now, model.now);
  return { min, max: max > min ? max : min + model.step };
}

function adaptToDensity(plot: uPlot, points: number): void {
  const dense = points > DENSE_POINTS;
  const sizes = {
    actual: dense ? 1 : 1.5,
    lgbm: dense ? 1.25 : 1.75,
    lgbmPlus: dense ? 1.5 : 2,
    past: dense ? 1 : 1.5,
  };
  for (const name of ["actual", "lgbm", "lgbmPlus", "past"] as const) {
    const line = plot.series[SERIES[name]];
    if (line) line.width = sizes[name];
  }
  const markers = plot.series[SERIES.anomaly]?.points;
  if (markers) markers.size = dense ? 5 : 8;
}
