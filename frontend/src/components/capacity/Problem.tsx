import { describeError } from "@/api/errors";

interface ProblemProps {
  error: Error;
  /** In the words of the form that it is about. */
  inWords?: (text: string) => string;
}

/** The server's words about what it refuses. */
export function Problem({ error, inWords = (text) => text }: ProblemProps) {
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-2.5 py-2 text-xs text-danger">
      {inWords(describeError(error).detail)}
    </p>
  );
}
