import { useCallback, useEffect, useState } from "react";
import { changedView, parseView, type View, viewSearch } from "@/lib/view";

export type Navigate = (change: Partial<View>, options?: { replace?: boolean }) => void;

/** What the page shows, kept in the URL, so that reload, Back, Forward and a copied link bring them back. */
export function useView(): [View, Navigate] {
  const [view, setView] = useState(() => parseView(window.location.search));

  useEffect(() => {
    const onPopState = () => setView(parseView(window.location.search));
    window.addEventListener("popstate", onPopState);
    return () => window.removeEventListener("popstate", onPopState);
  }, []);

  const navigate = useCallback<Navigate>((change, options = {}) => {
    const next = changedView(parseView(window.location.search), change);
    const search = viewSearch(next);
    if (search !== window.location.search) {
      if (options.replace) window.history.replaceState(null, "", search);
      else window.history.pushState(null, "", search);
    }
    setView(next);
  }, []);

  return [view, navigate];
}
