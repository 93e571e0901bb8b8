import { LogOut } from "lucide-react";
import { describeError } from "@/api/errors";
import { Button } from "@/components/ui/Button";
import { useSignedIn, useSignOut } from "@/hooks/useSession";

export function SignOut() {
  const signedIn = useSignedIn();
  const signOut = useSignOut();
  if (!signedIn) return null;
  return (
    <>
      {signOut.error && (
        <p role="alert" className="self-center text-xs text-danger">
          Still signed in: {describeError(signOut.error).detail}
        </p>
      )}
      <Button
        variant="ghost"
        size="icon"
        aria-label="Sign out"
        title="Sign out"
        disabled={signOut.isPending}
        onClick={() => signOut.mutate()}
      >
        <LogOut aria-hidden className="size-4" />
      </Button>
    </>
  );
}
