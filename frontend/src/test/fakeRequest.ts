import { vi } from "vitest";

/** Stands in for XMLHttpRequest: the test decides what has been sent and what is answered. */
export class FakeRequest {
  upload: { onprogress: ((event: { loaded: number }) => void) | null; onload: (() => void) | null } = {
    onprogress: null,
    onload: null,
  };
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;
  status = 0;
  responseText = "";
  headers = new Map<string, string>();
  body: FormData | null = null;

  constructor() {
    requests.push(this);
  }

  open(): void {}

  setRequestHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }

  send(body: FormData): void {
    this.body = body;
  }

  abort(): void {
    this.onabort?.();
  }

  progress(loaded: number): void {
    this.upload.onprogress?.({ loaded });
  }

  /** The last byte is sent. */
  finish(): void {
    this.upload.onload?.();
  }

  answer(status: number, body: unknown): void {
    this.status = status;
    this.responseText = typeof body === "string" ? body : JSON.stringify(body);
    this.onload?.();
  }
}

let requests: FakeRequest[] = [];

export function stubRequests(): FakeRequest[] {
  requests = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  return requests;
}
