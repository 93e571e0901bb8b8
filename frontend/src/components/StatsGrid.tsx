import type { ReactNode } from "react";
import type { ChartDataPoint, Forecast, GrowingWindow, Limits, Series } from "@/api/types";
import type { UploadControls } from "@/hooks/useUpload";
import type { Zone } from "@/lib/time";
import { AccuracyPanel } from "./stats/AccuracyPanel";
import { HorizonTile } from "./stats/HorizonTile";
import { RateTile } from "./stats/RateTile";
import { SeriesTile } from "./stats/SeriesTile";
import { UploadCard } from "./upload/UploadCard";

interface StatsGridProps {
  series: Series;
  newest: ChartDataPoint | null | undefined;
  growing: GrowingWindow | null;
  forecast: Forecast | null | undefined;
  horizons: readonly number[];
  limits: Limits | undefined;
  upload: UploadControls;
  isSynthetic: (filename: string) => boolean;
  zone: Zone;
  /** The chart: under the figures, and in reading order before errors and upload. */
  children: ReactNode;
}

/** The figures of the series around its chart, and the place for the next file. */
export function StatsGrid(props: StatsGridProps) {
  const { series, newest, forecast, horizons, limits, zone } = props;
  const window = series.window_seconds;
  return (
    <div className="grid gap-3 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid min-w-0 content-start gap-3">
        <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
          <RateTile point={newest} growing={props.growing} windowSeconds={window} zone={zone} />
          {horizons.map((horizon) => (
            <HorizonTile
              key={horizon}
              horizon={horizon}
              windowSeconds={window}
              forecast={forecast}
              current={newest?.actual_rps ?? null}
            />
          ))}
        </div>
        {props.children}
      </div>
      <div className="grid min-w-0 content-start gap-3 md:grid-cols-2 xl:grid-cols-1">
        <AccuracyPanel filename={series.filename} windowSeconds={window} served={forecast?.served ?? null} />
        <UploadCard controls={props.upload} limits={limits} isSynthetic={props.isSynthetic} zone={zone} />
        <div className="md:col-span-2 xl:col-span-1">
          <SeriesTile series={series} zone={zone} />
        </div>
      </div>
    </div>
  );
}
