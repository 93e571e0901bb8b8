import { api, unwrap } from "./client";
import { ProblemError } from "./errors";
import type { ServedReplicas } from "./types";

/** What GET /api/keda answers: a number, or the status and the words of a problem. */
export interface MachineAnswer {
  status: number;
  milliseconds: number;
  served: ServedReplicas | null;
  problem: string | null;
}

/** Ask as KEDA does. A refusal is an answer, too. */
export async function askAsMachine(filename: string, signal?: AbortSignal): Promise<MachineAnswer> {
  const begun = performance.now();
  const answer = (status: number, served: ServedReplicas | null, problem: string | null) => ({
    status,
    milliseconds: Math.round(performance.now() - begun),
    served,
    problem,
  });
  try {
    const params = { path: { filename } };
    return answer(
      200,
      await unwrap(api.GET("/api/keda/{filename}", { params, signal: signal ?? null })),
      null,
    );
  } catch (error) {
    if (error instanceof ProblemError) return answer(error.status, null, error.detail);
    throw error;
  }
}
