import type { Limits } from "@/api/types";
import type { UploadControls } from "@/hooks/useUpload";
import type { Zone } from "@/lib/time";
import { UploadCard } from "./upload/UploadCard";

interface FirstVisitProps {
  upload: UploadControls;
  limits: Limits | undefined;
  zone: Zone;
}

/** The page while nothing is stored. */
export function FirstVisit({ upload, limits, zone }: FirstVisitProps) {
  return (
    <div className="mx-auto w-full max-w-2xl py-6 sm:py-14">
      <h2 className="text-center text-2xl font-semibold tracking-tight text-balance">
        See the next 15 minutes of your traffic
      </h2>
      <p className="mx-auto mt-2 mb-8 max-w-lg text-center text-muted text-pretty">
        Give ScaleOps a request log or a rate series. It counts requests per minute, forecasts 1, 5 and 15
        minutes ahead with two models, and shows how far each is off.
      </p>
      <UploadCard controls={upload} limits={limits} isSynthetic={() => false} zone={zone} large />
    </div>
  );
}
