import { describeError } from "@/api/errors";
import { inFormWords } from "@/lib/formWords";

/** The server's words about what it refuses. */
export function Problem({ error }: { error: Error }) {
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-2.5 py-2 text-xs text-danger">
      {inFormWords(describeError(error).detail)}
    </p>
  );
}
