import type { ChartDataPoint, Forecast, Limits, Series } from "@/api/types";
import type { UploadControls } from "@/hooks/useUpload";
import type { Zone } from "@/lib/time";
import { AccuracyTile } from "./stats/AccuracyTile";
import { HorizonTile } from "./stats/HorizonTile";
import { RateTile } from "./stats/RateTile";
import { UploadCard } from "./upload/UploadCard";

const DEFAULT_HORIZONS = [1, 5, 15];

interface StatsGridProps {
  series: Series;
  newest: ChartDataPoint | null | undefined;
  forecast: Forecast | null | undefined;
  growing: boolean;
  limits: Limits | undefined;
  upload: UploadControls;
  isSynthetic: (filename: string) => boolean;
  zone: Zone;
}

/** The figures of the series, and the place for the next file. */
export function StatsGrid(props: StatsGridProps) {
  const { series, newest, forecast, limits, zone } = props;
  const window = series.window_seconds;
  return (
    <div className="grid grid-cols-2 items-stretch gap-3 lg:grid-cols-4 xl:grid-cols-[repeat(4,minmax(0,1fr))_minmax(20rem,1.5fr)]">
      <RateTile point={newest} windowSeconds={window} zone={zone} />
      {(limits?.horizons ?? DEFAULT_HORIZONS).map((horizon) => (
        <HorizonTile
          key={horizon}
          horizon={horizon}
          windowSeconds={window}
          forecast={forecast}
          current={newest?.actual_rps ?? null}
        />
      ))}
      <UploadCard
        controls={props.upload}
        limits={limits}
        isSynthetic={props.isSynthetic}
        zone={zone}
        className="order-last col-span-2 xl:order-none xl:col-span-1 xl:row-span-2"
      />
      <AccuracyTile
        key={series.filename}
        filename={series.filename}
        windowSeconds={window}
        growing={props.growing}
        className="col-span-2 xl:col-span-4"
      />
    </div>
  );
}
