import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { api, unwrap } from "@/api/client";
import type { ImportState, UploadOverrides, UploadResult } from "@/api/types";
import { sendUpload } from "@/api/upload";
import { askToSignIn } from "./useSession";

export type Upload =
  | { state: "idle" }
  | { state: "sending"; name: string; size: number; sent: number; step: ImportState | null }
  | { state: "generating" }
  | { state: "done"; result: UploadResult }
  | { state: "failed"; name: string | null; file: File | null; error: Error }
  | { state: "cancelled"; name: string };

export interface UploadControls {
  upload: Upload;
  send: (file: File, overrides?: UploadOverrides) => void;
  loadSample: () => void;
  cancel: () => void;
  reset: () => void;
}

const POLL_MS = 400;

/** Crypto.randomUUID needs a secure context, which a plain http:// address in a local network is not. */
function uploadId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** One file, or the sample, on its way into the store. It is done once the page knows what was stored. */
export function useUpload(
  onStored: (result: UploadResult) => Promise<void>,
  onCancelled: () => void,
): UploadControls {
  const queries = useQueryClient();
  const [upload, setUpload] = useState<Upload>({ state: "idle" });
  const running = useRef<AbortController | null>(null);

  const send = useCallback(
    async (file: File, overrides: UploadOverrides = {}) => {
      const abort = new AbortController();
      running.current = abort;
      const id = uploadId();
      const update = (change: { sent?: number; step?: ImportState }) =>
        setUpload((now) =>
          now.state === "sending" && running.current === abort ? { ...now, ...change } : now,
        );
      setUpload({ state: "sending", name: file.name, size: file.size, sent: 0, step: null });

      let polling: ReturnType<typeof setInterval> | undefined;
      const poll = async () => {
        const { data } = await api.GET("/api/uploads/{upload_id}", { params: { path: { upload_id: id } } });
        if (data) update({ step: data.state });
      };
      try {
        const result = await sendUpload({
          file,
          id,
          overrides,
          signal: abort.signal,
          onSent: (sent) => {
            update({ sent });
            // The server knows the upload once it has begun to receive it.
            polling ??= setInterval(() => poll().catch(() => undefined), POLL_MS);
          },
        });
        await onStored(result);
        setUpload({ state: "done", result });
      } catch (error) {
        if (isAbort(error)) {
          // An import goes on when its client leaves: it is ended by its id.
          await api
            .DELETE("/api/uploads/{upload_id}", { params: { path: { upload_id: id } } })
            .catch(() => undefined);
          setUpload({ state: "cancelled", name: file.name });
          onCancelled();
        } else {
          setUpload({ state: "failed", name: file.name, file, error: error as Error });
          askToSignIn(queries, error);
        }
      } finally {
        clearInterval(polling);
      }
    },
    [queries, onStored, onCancelled],
  );

  const loadSample = useCallback(async () => {
    setUpload({ state: "generating" });
    try {
      const result = await unwrap(api.POST("/api/sample"));
      await onStored(result);
      setUpload({ state: "done", result });
    } catch (error) {
      setUpload({ state: "failed", name: null, file: null, error: error as Error });
      askToSignIn(queries, error);
    }
  }, [queries, onStored]);

  const cancel = useCallback(() => running.current?.abort(), []);
  const reset = useCallback(() => setUpload({ state: "idle" }), []);
  return { upload, send, loadSample, cancel, reset };
}
