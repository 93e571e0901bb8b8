import { type FormEvent, useEffect, useId, useRef } from "react";
import { describeError } from "@/api/errors";
import { useSignIn } from "@/hooks/useSession";
import { Logo } from "./header/Logo";
import { Button } from "./ui/Button";
import { Card } from "./ui/Card";
import { Field, Input } from "./ui/Field";

interface SignInProps {
  /** Goes on without a token; undefined where nothing can be read without one. */
  onDismiss: (() => void) | undefined;
}

/** Asks for a token, once: a session of 12 hours follows. */
export function SignIn({ onDismiss }: SignInProps) {
  const signIn = useSignIn();
  const field = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const failed = signIn.error !== null;

  useEffect(() => {
    if (signIn.isPending) return;
    field.current?.focus();
    field.current?.select();
  }, [signIn.isPending]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token")).trim();
    if (!signIn.isPending) signIn.mutate(token);
  };
  return (
    <main className="mx-auto grid min-h-svh w-full max-w-md content-center px-4 py-6">
      <Card className="p-5">
        <h1 className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
          <Logo />
          Sign in to ScaleOps
        </h1>
        <p className="mt-3 text-muted">
          This server asks for a token. <code>SCALEOPS_API_TOKEN</code> may do everything,{" "}
          <code>SCALEOPS_READ_TOKEN</code> may look; whoever started the server has them.
        </p>
        <form onSubmit={submit} aria-label="Sign in" className="mt-4 grid gap-4">
          <Field label="Token">
            {(id) => (
              <Input
                ref={field}
                id={id}
                name="token"
                type="password"
                autoComplete="current-password"
                required
                maxLength={1000}
                aria-invalid={failed}
                aria-describedby={failed ? errorId : undefined}
              />
            )}
          </Field>
          {signIn.error && (
            <p id={errorId} role="alert" className="rounded-md bg-danger-soft p-2.5 text-danger">
              {describeError(signIn.error).detail}
            </p>
          )}
          <div className="flex justify-end gap-2">
            {onDismiss && <Button onClick={onDismiss}>Not now</Button>}
            <Button type="submit" variant="primary" aria-disabled={signIn.isPending}>
              {signIn.isPending ? "Checking…" : "Sign in"}
            </Button>
          </div>
        </form>
      </Card>
    </main>
  );
}
