import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, unwrap } from "@/api/client";
import { isCancelled, ProblemError, questionOf } from "@/api/errors";
import type { Import, ReadingChoice, UploadOverrides, UploadResult } from "@/api/types";
import { sendUpload, storeAgain } from "@/api/upload";
import { formatBytes } from "@/lib/format";
import { isRunning } from "@/lib/imports";
import { importsKey, useImports } from "./imports";
import { usePage } from "./usePage";
import { askToSignIn } from "./useSession";

/** Where a file is on its way into the store. */
export type UploadStage =
  | { state: "queued" }
  | { state: "sending"; sent: number }
  | { state: "importing" }
  | { state: "asking"; question: string; choices: ReadingChoice[] }
  | { state: "failed"; error: Error }
  | { state: "stored"; result: UploadResult }
  | { state: "cancelled" };

export interface Upload {
  /** Chosen here and sent along, so that the server's import is known by it from the first byte. */
  id: string;
  name: string;
  /** Null where the page has no file to send again: the sample, and imports of an earlier visit. */
  file: File | null;
  fields: UploadOverrides;
  /** The page goes to its series once it is stored: of several files, to that of the first. */
  leads: boolean;
  stage: UploadStage;
}

export interface UploadControls {
  uploads: readonly Upload[];
  /** What the server knows of, of earlier visits and other pages too: the newest first. */
  imports: readonly Import[];
  /** Something is being sent or imported, from here or elsewhere. */
  busy: boolean;
  add: (files: readonly File[]) => void;
  loadSample: () => void;
  /** Read what the server keeps of an upload with other fields, and store that in place of what it gave before. */
  read: (upload: { id: string; name: string }, fields: UploadOverrides) => void;
  /** Send the file of an upload again, as a new one. */
  resend: (id: string, fields: UploadOverrides) => void;
  /** Wait no longer for an upload; an import goes on without its page. */
  abort: (id: string) => void;
  dismiss: (id: string) => void;
  /** Go to a series. */
  show: (series: string) => void;
}

const BUSY = ["sending", "importing"];
const OVER = ["stored", "cancelled"];

/** Files, or the sample, on their way into the store, one at a time in the order in which they came. One that asks or
 * fails waits for the user; the next goes on. `refresh` is done once the page knows what was stored. */
export function useUploads(refresh: () => Promise<void>, show: (series: string) => void): UploadControls {
  const queries = useQueryClient();
  const { limits } = usePage();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const running = useRef(new Map<string, AbortController>());

  const change = useCallback(
    (id: string, part: Partial<Upload>) =>
      setUploads((all) => all.map((upload) => (upload.id === id ? { ...upload, ...part } : upload))),
    [],
  );

  /** Follow a call that ends in the store to its end. */
  const follow = useCallback(
    async ({ id, leads }: Upload, call: (signal: AbortSignal) => Promise<UploadResult>) => {
      const abort = new AbortController();
      running.current.set(id, abort);
      try {
        const result = await call(abort.signal);
        await refresh();
        if (leads) show(result.filename);
        change(id, { stage: { state: "stored", result } });
      } catch (error) {
        change(id, { stage: stageAfter(error as Error) });
        askToSignIn(queries, error);
      } finally {
        running.current.delete(id);
        void queries.invalidateQueries({ queryKey: importsKey });
      }
    },
    [queries, refresh, show, change],
  );

  const send = useCallback(
    (upload: Upload, file: File) => {
      const { id, fields } = upload;
      change(id, { stage: { state: "sending", sent: 0 } });
      void follow(upload, (signal) =>
        sendUpload({
          file,
          id,
          overrides: fields,
          signal,
          onSent: (sent) => change(id, { stage: { state: "sending", sent } }),
          onAllSent: () => change(id, { stage: { state: "importing" } }),
        }),
      );
    },
    [change, follow],
  );

  const busy = uploads.some(({ stage }) => BUSY.includes(stage.state));
  const imports = useImports(busy);
  const next = busy ? undefined : uploads.find(({ stage }) => stage.state === "queued");
  useEffect(() => {
    if (next?.file && !running.current.has(next.id)) send(next, next.file);
  }, [next, send]);

  const unsent = uploads.some(({ stage }) => stage.state === "queued" || stage.state === "sending");
  useEffect(() => {
    if (!unsent) return;
    const askFirst = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", askFirst);
    return () => window.removeEventListener("beforeunload", askFirst);
  }, [unsent]);

  const add = useCallback(
    (files: readonly File[]) => {
      const mostBytes = limits?.max_upload_bytes ?? Number.POSITIVE_INFINITY;
      const added = files.map((file, place) => queued(file, {}, place === 0, mostBytes));
      setUploads((all) => [...all.filter(({ stage }) => !OVER.includes(stage.state)), ...added]);
    },
    [limits],
  );

  const loadSample = () => {
    const id = uploadId();
    const sample: Upload = {
      id,
      name: "Sample traffic",
      file: null,
      fields: {},
      leads: true,
      stage: IMPORTING,
    };
    setUploads([sample]);
    const params = { header: { "x-upload-id": id } };
    void follow(sample, (signal) => unwrap(api.POST("/api/sample", { params, signal })));
  };

  const read: UploadControls["read"] = ({ id, name }, fields) => {
    const known = uploads.find((upload) => upload.id === id);
    const upload: Upload = {
      id,
      name,
      file: known?.file ?? null,
      fields,
      leads: true,
      stage: IMPORTING,
    };
    if (known) change(id, upload);
    else setUploads((all) => [...all, upload]);
    void follow(upload, (signal) => storeAgain(id, fields, signal));
  };

  const resend = (id: string, fields: UploadOverrides) =>
    setUploads((all) =>
      all.map((upload) =>
        upload.id === id && upload.file ? queued(upload.file, fields, upload.leads) : upload,
      ),
    );

  const dismiss = (id: string) => setUploads((all) => all.filter((upload) => upload.id !== id));

  const abort = (id: string) => running.current.get(id)?.abort();

  return {
    uploads,
    imports,
    busy: busy || imports.some(isRunning),
    add,
    loadSample,
    read,
    resend,
    abort,
    dismiss,
    show,
  };
}

const IMPORTING: UploadStage = { state: "importing" };

function stageAfter(error: Error): UploadStage {
  if (isCancelled(error)) return { state: "cancelled" };
  const question = questionOf(error);
  if (question) return { state: "asking", ...question };
  return { state: "failed", error };
}

function queued(
  file: File,
  fields: UploadOverrides,
  leads: boolean,
  mostBytes = Number.POSITIVE_INFINITY,
): Upload {
  const upload: Upload = {
    id: uploadId(),
    name: file.name,
    file,
    fields,
    leads,
    stage: { state: "queued" },
  };
  if (file.size <= mostBytes) return upload;
  const detail = `The file has ${formatBytes(file.size)}; the server accepts up to ${formatBytes(mostBytes)}. It was not sent.`;
  return {
    ...upload,
    file: null,
    stage: { state: "failed", error: new ProblemError(413, "Too large", detail) },
  };
}

/** Crypto.randomUUID needs a secure context, which a plain http:// address in a local network is not. */
function uploadId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
