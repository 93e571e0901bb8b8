import { type RefObject, useEffect, useRef } from "react";
import uPlot from "uplot";
import { type ChartModel, drawnColumns } from "@/lib/chartModel";
import { lineWidth, type PlotContext, plotData, plotOptions, type ZoomRange } from "./plotOptions";

/** A uPlot in `container`: created once, given new data, resized with its container, destroyed on unmount. */
export function usePlot(
  container: RefObject<HTMLDivElement | null>,
  context: PlotContext,
  zoom: ZoomRange | null,
  hidden: ReadonlySet<string>,
): RefObject<uPlot | null> {
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(context);

  useEffect(() => {
    const parent = container.current;
    if (!parent) return;
    const size = () => ({ width: parent.clientWidth, height: parent.clientHeight });
    const created = new uPlot(
      plotOptions(size(), () => newest.current),
      plotData(newest.current.model),
      parent,
    );
    plot.current = created;
    const observer = new ResizeObserver(() => created.setSize(size()));
    observer.observe(parent);
    // Canvas text measured before the font came would keep the fallback's shape.
    document.fonts.ready.then(() => plot.current?.redraw(false, true));
    return () => {
      observer.disconnect();
      plot.current = null;
      created.destroy();
    };
  }, [container]);

  useEffect(() => {
    newest.current = context;
    const { model } = context;
    plot.current?.batch((drawing: uPlot) => {
      adaptToDensity(drawing, model);
      drawing.setData(plotData(model), false);
      drawing.setScale("x", zoom ?? fullRange(model));
      drawing.redraw(false, true);
    });
  }, [context, zoom]);

  const { lines } = context.model;
  useEffect(() => {
    plot.current?.batch((drawing: uPlot) => {
      for (const [index, { line }] of drawnColumns(lines).entries())
        drawing.setSeries(index + 1, { show: !hidden.has(line.shownWith ?? line.key) });
    });
  }, [lines, hidden]);

  return plot;
}

export function fullRange({ times, now, step }: ChartModel): ZoomRange {
  const min = times[0] ?? now - step;
  const max = Math.max(times.at(-1) ?? now, now);
  return { min, max: max > min ? max : min + step };
}

function adaptToDensity(plot: uPlot, { lines, times }: ChartModel): void {
  for (const [index, { line }] of drawnColumns(lines).entries()) {
    const series = plot.series[index + 1];
    if (!series) continue;
    const width = lineWidth(line, times.length);
    if (line.kind !== "dots") series.width = width;
    else if (series.points) series.points.size = width;
  }
}
