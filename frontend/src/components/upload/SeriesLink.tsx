import type { MouseEvent, ReactNode } from "react";
import { changedView, parseView, viewSearch } from "@/lib/view";

interface SeriesLinkProps {
  series: string;
  onShow: (series: string) => void;
  children: ReactNode;
}

/** Goes to a series: within the page, or as any link in another tab. */
export function SeriesLink({ series, onShow, children }: SeriesLinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onShow(series);
  };
  return (
    <a
      href={viewSearch(changedView(parseView(""), { series }))}
      onClick={follow}
      className="min-w-0 font-medium text-accent underline-offset-2 hover:underline"
    >
      {children}
    </a>
  );
}
