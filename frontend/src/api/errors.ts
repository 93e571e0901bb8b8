import type { InspectedColumn, Problem, ReadingChoice } from "./types";

/** The backend answered with a problem. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** Further members of the answer: where it was, or what there is to choose from. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(`${title}: ${detail}`);
    this.name = "ProblemError";
  }
}

/** Nothing answered: the backend is stopped, or a proxy answered in its place. */
export class UnreachableError extends Error {
  constructor() {
    super("The backend cannot be reached");
    this.name = "UnreachableError";
  }
}

const PROXY_STATUSES = [502, 504];

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "title" in body &&
    typeof body.title === "string" &&
    "detail" in body &&
    typeof body.detail === "string"
  );
}

/** The error for an answer outside 2xx. `body` is whatever could be parsed of it. */
export function errorOf(status: number, body: unknown): ProblemError | UnreachableError {
  if (isProblem(body)) {
    const { title, status: _status, detail, ...members } = body;
    return new ProblemError(status, title, detail, members);
  }
  if (PROXY_STATUSES.includes(status)) return new UnreachableError();
  if (status === 413)
    return new ProblemError(status, "Too large", "The server refused the file because of its size.");
  return new ProblemError(
    status,
    "Unexpected response",
    `The server responded with status ${status} and no explanation.`,
  );
}

/** What the server asks, and the answers to choose from; nothing where it refuses. */
export function questionOf(error: Error): { question: string; choices: ReadingChoice[] } | undefined {
  const { question, choices } = error instanceof ProblemError ? error.members : {};
  if (typeof question !== "string" || !Array.isArray(choices)) return undefined;
  return { question, choices: choices as ReadingChoice[] };
}

/** The server has the file and cannot read it so: another way may do. */
export function isUnusable(error: Error): boolean {
  return error instanceof ProblemError && error.status === 422;
}

/** It ended because somebody wanted it to. */
export function isCancelled(error: Error): boolean {
  if (error instanceof ProblemError) return error.members.type === "urn:scaleops:problem:cancelled";
  return error instanceof DOMException && error.name === "AbortError";
}

/** What was asked for is not there any more. */
export function isGone(error: Error | null): boolean {
  return error instanceof ProblemError && error.status === 404;
}

/** The same again may well go. */
export function isTemporary(error: Error): boolean {
  return error instanceof UnreachableError || (error instanceof ProblemError && error.status >= 500);
}

/** The columns of a table that was refused, to name some of them. */
export function columnsOf(error: Error | null): InspectedColumn[] {
  const columns = error instanceof ProblemError ? error.members.columns : undefined;
  return Array.isArray(columns) ? (columns as InspectedColumn[]) : [];
}

/** Title and text for any error, ready to be shown. */
export function describeError(error: Error): { title: string; detail: string } {
  if (error instanceof ProblemError) return { title: error.title, detail: error.detail };
  if (error instanceof UnreachableError)
    return { title: "The backend cannot be reached", detail: "Check that it is running, then try again." };
  return { title: "Something went wrong", detail: error.message };
}
