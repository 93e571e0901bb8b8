import { useState } from "react";
import { store, stored } from "@/lib/storage";
import type { Zone } from "@/lib/time";

const KEY = "scaleops.zone";

/** The time zone of every label: UTC, unless the browser's own was chosen. */
export function useZone(): [Zone, (zone: Zone) => void] {
  const [zone, setZone] = useState<Zone>(() => (stored(KEY) === "local" ? "local" : "utc"));
  return [
    zone,
    (next) => {
      store(KEY, next);
      setZone(next);
    },
  ];
}
