import { createContext, type ReactNode, useContext } from "react";
import type { Limits } from "@/api/types";
import type { Zone } from "@/lib/time";
import { useLimitsQuery } from "./queries";
import { type Theme, useTheme } from "./useTheme";
import { useZone } from "./useZone";

/** What every part of the page may ask: how it is to look, and what the server offers. */
export interface Page {
  theme: Theme;
  setTheme: (theme: Theme) => void;
  zone: Zone;
  setZone: (zone: Zone) => void;
  /** Null until the server has answered. */
  limits: Limits | null;
}

export const PageContext = createContext<Page | null>(null);

export function PageProvider({ children }: { children: ReactNode }) {
  const [theme, setTheme] = useTheme();
  const [zone, setZone] = useZone();
  const limits = useLimitsQuery().data ?? null;
  return <PageContext value={{ theme, setTheme, zone, setZone, limits }}>{children}</PageContext>;
}

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error("There is no PageProvider around this.");
  return page;
}

/** The server's limits, for what is shown only once they are known. */
export function useLimits(): Limits {
  const { limits } = usePage();
  if (limits === null) throw new Error("The limits are not known yet.");
  return limits;
}
