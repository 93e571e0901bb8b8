import { Button } from "@/components/ui/Button";

interface BurstOfferProps {
  /** Peak second ÷ mean of its window, of the log that the series was read from. */
  factor: number | null;
  /** The burst factor of the plan; 1 plans for none. */
  planned: number;
  onUse: (factor: string) => void;
}

/** What a log's own seconds say of bursts that its windows hide, until the plan has a burst factor. */
export function BurstOffer({ factor, planned, onUse }: BurstOfferProps) {
  if (factor === null || planned !== 1) {
    return null;
  }
  const offered = factor.toFixed(1);
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
      In busy windows of this log the peak second had {offered} times the mean of its window (95th
      percentile).
      <Button size="small" onClick={() => onUse(offered)}>
        Plan for it
      </Button>
    </p>
  );
}
