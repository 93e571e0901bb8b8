import { LogOut } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { useSignedIn, useSignOut } from "@/hooks/useSession";

export function SignOut() {
  const signedIn = useSignedIn();
  const signOut = useSignOut();
  if (!signedIn) return null;
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label="Sign out"
      title="Sign out"
      onClick={() => signOut.mutate()}
    >
      <LogOut aria-hidden className="size-4" />
    </Button>
  );
}
