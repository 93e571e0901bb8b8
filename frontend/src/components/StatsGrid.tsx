import type { ReactNode } from "react";
import type { ChartDataPoint, Forecast, GrowingWindow, Series } from "@/api/types";
import { useLimits } from "@/hooks/usePage";
import type { UploadControls } from "@/hooks/useUploads";
import { AccuracyPanel } from "./stats/AccuracyPanel";
import { HorizonTile } from "./stats/HorizonTile";
import { RateTile } from "./stats/RateTile";
import { SeriesTile } from "./stats/SeriesTile";
import { TileRow } from "./stats/Tile";
import { UploadCard } from "./upload/UploadCard";

interface StatsGridProps {
  series: Series;
  newest: ChartDataPoint | null | undefined;
  growing: GrowingWindow | null;
  forecast: Forecast | null | undefined;
  upload: UploadControls;
  list: readonly Series[];
  /** The chart: under the figures, and in reading order before errors and upload. */
  children: ReactNode;
}

/** The figures of the series around its chart, and the place for the next file. */
export function StatsGrid(props: StatsGridProps) {
  const { series, newest, forecast } = props;
  const { horizons } = useLimits();
  const window = series.window_seconds;
  // A file on its way is what the reader looks for, so it comes first as long as it is there.
  const panels = [
    <AccuracyPanel
      key="accuracy"
      filename={series.filename}
      windowSeconds={window}
      served={forecast?.served ?? []}
    />,
    <UploadCard key="upload" controls={props.upload} list={props.list} />,
  ];
  return (
    <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid min-w-0 content-start gap-3">
        <TileRow>
          <RateTile point={newest} growing={props.growing} windowSeconds={window} />
          {horizons.map((horizon) => (
            <HorizonTile
              key={horizon}
              horizon={horizon}
              windowSeconds={window}
              forecast={forecast}
              current={newest?.actual_rps ?? null}
            />
          ))}
        </TileRow>
        {props.children}
      </div>
      <div className="grid min-w-0 content-start gap-3 md:grid-cols-2 xl:grid-cols-1">
        {props.upload.uploads.length > 0 ? panels.toReversed() : panels}
        <div className="md:col-span-2 xl:col-span-1">
          <SeriesTile series={series} />
        </div>
      </div>
    </div>
  );
}
