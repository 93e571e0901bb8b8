import { errorOf, UnreachableError } from "./errors";
import type { UploadOverrides, UploadResult } from "./types";

export interface UploadRequest {
  file: File;
  id: string;
  overrides: UploadOverrides;
  onSent: (bytes: number) => void;
  signal: AbortSignal;
}

/** Send a file. XMLHttpRequest, because fetch does not report how much has been sent. */
export function sendUpload({ file, id, overrides, onSent, signal }: UploadRequest): Promise<UploadResult> {
  const body = new FormData();
  for (const [name, value] of Object.entries(overrides)) if (value) body.append(name, value);
  body.append("file", file);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/upload");
    request.setRequestHeader("X-Upload-Id", id);
    request.upload.onprogress = (event) => onSent(Math.min(event.loaded, file.size));
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
