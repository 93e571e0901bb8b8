import { vi } from "vitest";
import type { LiveMessage } from "@/api/types";

/** Stands in for the browser's WebSocket; every connection made is in `sockets`. */
export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 0;
  binaryType = "blob";

  constructor(readonly url: string) {
    super();
    sockets.push(this);
  }

  accept(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  deliver(message: LiveMessage): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }

  close(): void {
    this.readyState = 3;
  }

  send(): void {}
}

let sockets: FakeSocket[] = [];

export function stubSockets(): FakeSocket[] {
  sockets = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  return sockets;
}
