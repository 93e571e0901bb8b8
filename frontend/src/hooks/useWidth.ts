import { type RefObject, useEffect, useState } from "react";

/** The width of an element, CSS pixels, as it changes; `first` until it is known. */
export function useWidth(element: RefObject<HTMLElement | null>, first: number): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth || first));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, first]);
  return width;
}
