import { useEffect, useEffectEvent, useReducer, useState } from "react";
import { type Connection, watchLive } from "@/api/live";
import { EMPTY_LIVE, liveReducer } from "@/lib/liveState";

interface LiveOptions {
  /** False until it is known which series to watch. */
  enabled: boolean;
  filename: string | null;
  intervalSeconds: number;
  /** Messages may have been missed. `noticed`: the page has said so. */
  onReconnect: (noticed: boolean) => void;
}

/** The live series, and how it reaches the page. */
export function useLive({ enabled, filename, intervalSeconds, onReconnect }: LiveOptions) {
  const [state, dispatch] = useReducer(liveReducer, EMPTY_LIVE);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });

  const announceReconnect = useEffectEvent(onReconnect);

  useEffect(() => {
    dispatch({ type: "reset" });
    if (!enabled) return;
    let before: Connection["state"] = "connecting";
    let noticed = false;
    return watchLive({
      filename,
      intervalSeconds,
      onMessage: (message) => dispatch({ type: "message", message }),
      onConnection: (next) => {
        if (next.state === "polling" || next.state === "offline") noticed = true;
        if (next.state === "live" && before !== "connecting") {
          announceReconnect(noticed);
          noticed = false;
        }
        before = next.state;
        setConnection(next);
      },
    });
  }, [enabled, filename, intervalSeconds]);

  return { state, dispatch, connection };
}

export type Live = ReturnType<typeof useLive>;
