import ReconnectingWebSocket from "partysocket/ws";
import { breaksSequence, parseLiveMessage } from "@/lib/liveState";
import { api, unwrap } from "./client";
import { UnreachableError } from "./errors";
import type { LiveMessage } from "./types";

/** How the page learns what is new. */
export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "reconnecting" }
  /** HTTP works and the WebSocket does not. `refusal`: the server's reason, where it was the server. */
  | { state: "polling"; refusal: string | null }
  | { state: "offline" };

/** How long no message may come before the page asks over HTTP, and how often it then does. */
const PATIENCE_MS = 3_000;
export const POLL_SECONDS = 5;

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const LEAST_SILENCE_MS = 10_000;

interface Watch {
  /** Null for whichever series is live. */
  filename: string | null;
  /** How often the server sends something. */
  intervalSeconds: number;
  onMessage: (message: LiveMessage) => void;
  onConnection: (connection: Connection) => void;
}

/**
 * Watch a series over a WebSocket that reconnects and asks for what it missed. Where none gets through, over HTTP until
 * one does. Returns what ends it.
 */
export function watchLive({ filename, intervalSeconds, onMessage, onConnection }: Watch): () => void {
  let sequence: number | null = null;
  let connection: Connection["state"] = "connecting";
  let refusal: string | null = null;
  let ended = false;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setTimeout> | undefined;

  const become = (next: Connection) => {
    connection = next.state;
    onConnection(next);
  };
  const isPolling = () => connection === "polling" || connection === "offline";
  const askAfter = (milliseconds: number) => {
    clearTimeout(poll);
    poll = setTimeout(ask, milliseconds);
  };

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

  async function ask() {
    try {
      const params = filename === null ? {} : { query: { filename } };
      const data = await unwrap(api.GET("/api/live", { params }));
      if (ended || connection === "live") return;
      onMessage({ type: "snapshot", sequence: sequence ?? 0, data });
      // The backend is back, so its WebSocket may be: that is tried before it is called blocked.
      if (connection === "offline") {
        socket.reconnect();
        become({ state: "reconnecting" });
        return askAfter(PATIENCE_MS);
      }
      become({ state: "polling", refusal });
    } catch (error) {
      if (ended || connection === "live") return;
      become(error instanceof UnreachableError ? { state: "offline" } : { state: "polling", refusal });
    }
    askAfter(POLL_SECONDS * 1_000);
  }

  socket.addEventListener("open", expectMessage);

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
    refusal = null;
    clearTimeout(poll);
    onMessage(message);
    if (connection !== "live") become({ state: "live" });
  });

  socket.addEventListener("close", (event) => {
    clearTimeout(silence);
    if (ended) return;
    const refused = event.code === POLICY_VIOLATION || event.code === TRY_AGAIN_LATER;
    if (refused) refusal = event.reason || "The server accepts no more live connections.";
    if (connection === "live") {
      become({ state: "reconnecting" });
      askAfter(PATIENCE_MS);
    } else if (refused && !isPolling()) void ask();
  });

  askAfter(PATIENCE_MS);
  return () => {
    ended = true;
    clearTimeout(silence);
    clearTimeout(poll);
    socket.close();
  };
}

function liveUrl(filename: string | null, after: number | null): string {
  const url = new URL("/ws/live", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (filename !== null) url.searchParams.set("filename", filename);
  if (after !== null) url.searchParams.set("after", String(after));
  return url.href;
}
