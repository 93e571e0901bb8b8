import type { ReactNode } from "react";
import { Skeleton } from "@/components/ui/Skeleton";

/** Of the chart and of all that may stand in its place. */
export const CHART_HEIGHT = "h-[clamp(17rem,calc(100dvh-25rem),40rem)]";

/** In place of the chart while its data is on its way. */
export function ChartLoading() {
  return (
    <div
      role="status"
      aria-label="Loading the chart"
      className={`${CHART_HEIGHT} flex flex-col justify-between py-4 pl-12`}
    >
      {[0, 1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} className="h-px w-full" />
      ))}
      <Skeleton className="h-3 w-full" />
    </div>
  );
}

interface ChartMessageProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** In place of the chart where there is nothing to draw: why, and what to do next. */
export function ChartMessage({ title, children, action }: ChartMessageProps) {
  return (
    <div
      role="status"
      className={`${CHART_HEIGHT} flex flex-col items-center justify-center gap-1.5 px-6 text-center`}
    >
      <p className="font-medium">{title}</p>
      <p className="max-w-md text-muted">{children}</p>
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}
