import { type QueryClient, skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { ProblemError } from "@/api/errors";

const UNAUTHORIZED = 401;
const sessionKey = ["session"] as const;
const signInKey = ["sign-in needed"] as const;

/** Show the sign-in form where a call was refused for want of a token. */
export function askToSignIn(queries: QueryClient, error: unknown): void {
  if (error instanceof ProblemError && error.status === UNAUTHORIZED) queries.setQueryData(signInKey, true);
}

export function useSignInNeeded(): boolean {
  return useQuery({ queryKey: signInKey, queryFn: skipToken, initialData: false }).data === true;
}

/** Hide the form again, for who goes on without a token. */
export function useDismissSignIn(): () => void {
  const queries = useQueryClient();
  return () => queries.setQueryData(signInKey, false);
}

export function useSignedIn(): boolean {
  const session = useQuery({
    queryKey: sessionKey,
    queryFn: () => unwrap(api.GET("/api/session")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (session.data?.rights.length ?? 0) > 0;
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => unwrap(api.POST("/api/session", { body: { token } })),
    onSuccess: () => {
      // What is under way was asked without the session: its refusal would show the form again.
      void queries.cancelQueries();
      queries.setQueryData(signInKey, false);
      void queries.invalidateQueries();
    },
  });
}

/** Nothing that was read stays on the page. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/session")),
    onSuccess: () => queries.resetQueries(),
  });
}
