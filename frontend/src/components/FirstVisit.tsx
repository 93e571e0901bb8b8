import { useLimits } from "@/hooks/usePage";
import type { UploadControls } from "@/hooks/useUploads";
import { countOf, formatList } from "@/lib/format";
import { UploadCard } from "./upload/UploadCard";

/** The page while nothing is stored. */
export function FirstVisit({ upload }: { upload: UploadControls }) {
  const { horizons, models } = useLimits();
  return (
    <div className="mx-auto w-full max-w-2xl py-6 sm:py-14">
      <h2 className="text-center text-2xl font-semibold tracking-tight text-balance">
        See the next {Math.max(...horizons)} minutes of your traffic
      </h2>
      <p className="mx-auto mt-2 mb-8 max-w-lg text-center text-muted text-pretty">
        Upload a request log or a rate series. ScaleOps counts requests per minute, forecasts{" "}
        {formatList(horizons.map(String))} minutes ahead with {countOf(models.length, "model")}, and shows how
        accurate each one is.
      </p>
      <UploadCard controls={upload} list={[]} large />
    </div>
  );
}
