import ReconnectingWebSocket from "partysocket/ws";
import { useEffect, useEffectEvent, useReducer, useState } from "react";
import { breaksSequence, EMPTY_LIVE, liveReducer, parseLiveMessage } from "@/lib/liveState";

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "reconnecting" }
  | { state: "offline" }
  | { state: "refused"; reason: string };

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const RETRIES_UNTIL_OFFLINE = 2;
const LEAST_SILENCE_MS = 10_000;

function liveUrl(filename: string | null, after: number | null): string {
  const url = new URL("/ws/live", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (filename !== null) url.searchParams.set("filename", filename);
  if (after !== null) url.searchParams.set("after", String(after));
  return url.href;
}

interface LiveOptions {
  /** False until it is known which series to watch. */
  enabled: boolean;
  filename: string | null;
  intervalSeconds: number;
  onReconnect: () => void;
}

/** The live series over a WebSocket that reconnects and asks for what it missed. */
export function useLive({ enabled, filename, intervalSeconds, onReconnect }: LiveOptions) {
  const [state, dispatch] = useReducer(liveReducer, EMPTY_LIVE);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });

  const announceReconnect = useEffectEvent(onReconnect);

  useEffect(() => {
    dispatch({ type: "reset" });
    if (!enabled) return;

    let sequence: number | null = null;
    let interrupted = false;
    let ended = false;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const socket = new ReconnectingWebSocket(() => liveUrl(filename, sequence), undefined, {
      minReconnectionDelay: 500,
      maxReconnectionDelay: 5_000,
      connectionTimeout: 5_000,
      // The server would refuse again: only a reload or another series helps.
      shouldReconnectOnClose: (event) => event.code !== POLICY_VIOLATION,
    });

    // The server sends something every interval. Silence means a connection that died without closing.
    const expectMessage = () => {
      clearTimeout(silence);
      silence = setTimeout(() => socket.reconnect(), Math.max(LEAST_SILENCE_MS, 5_000 * intervalSeconds));
    };

    socket.addEventListener("message", (event) => {
      const message = parseLiveMessage(event.data);
      if (!message || ended) return;
      expectMessage();
      if (breaksSequence(sequence, message)) {
        sequence = null;
        socket.reconnect();
        return;
      }
      sequence = message.sequence;
      setConnection((previous) => (previous.state === "live" ? previous : { state: "live" }));
      dispatch({ type: "message", message });
      if (interrupted) {
        interrupted = false;
        announceReconnect();
      }
    });

    socket.addEventListener("close", (event) => {
      clearTimeout(silence);
      if (ended) return;
      interrupted = true;
      if (event.code === POLICY_VIOLATION || event.code === TRY_AGAIN_LATER) {
        const reason = event.reason || "The server accepts no more live connections.";
        setConnection({ state: "refused", reason });
      } else setConnection({ state: socket.retryCount < RETRIES_UNTIL_OFFLINE ? "reconnecting" : "offline" });
    });

    return () => {
      ended = true;
      clearTimeout(silence);
      socket.close();
    };
  }, [enabled, filename, intervalSeconds]);

  return { state, dispatch, connection };
}

export type Live = ReturnType<typeof useLive>;
