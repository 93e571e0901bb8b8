import { api, unwrap } from "./client";
import { errorOf, UnreachableError } from "./errors";
import type { InspectionReport, UploadForm, UploadOverrides, UploadResult } from "./types";

interface UploadRequest {
  file: File;
  id: string;
  overrides: UploadOverrides;
  onSent: (bytes: number) => void;
  /** The last byte is sent. */
  onAllSent: () => void;
  signal: AbortSignal;
}

/** Send a file. XMLHttpRequest, because fetch does not report how much has been sent. */
export function sendUpload({
  file,
  id,
  overrides,
  onSent,
  onAllSent,
  signal,
}: UploadRequest): Promise<UploadResult> {
  const body = new FormData();
  for (const [name, value] of Object.entries(overrides)) if (value) body.append(name, value);
  body.append("file", file);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/upload");
    request.setRequestHeader("X-Upload-Id", id);
    request.upload.onprogress = (event) => onSent(Math.min(event.loaded, file.size));
    request.upload.onload = onAllSent;
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status === 201) resolve(answer as UploadResult);
      else reject(errorOf(request.status, answer));
    };
    request.onerror = () => reject(new UnreachableError());
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a file that the server keeps would give, read with these fields. */
export async function lookAgain(
  id: string,
  fields: UploadOverrides,
  signal: AbortSignal,
): Promise<InspectionReport> {
  return (await readKept(id, fields, false, signal)) as InspectionReport;
}

/** Read a file that the server keeps with these fields, and store that in place of what it gave before. */
export async function storeAgain(
  id: string,
  fields: UploadOverrides,
  signal: AbortSignal,
): Promise<UploadResult> {
  return (await readKept(id, fields, true, signal)) as UploadResult;
}

function readKept(id: string, fields: UploadOverrides, store: boolean, signal: AbortSignal) {
  return unwrap(
    api.POST("/api/uploads/{upload_id}/read", {
      params: { path: { upload_id: id }, query: { store } },
      body: fields as Record<keyof UploadForm, never>, // the server takes text for numbers, as in a form
      signal,
    }),
  );
}
