import type { Policy } from "@/api/types";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { changeTexts, labelOfName, type PolicyChanges } from "@/lib/policy";

interface ChangesProps {
  saved: Policy | null;
  /** With the changes; null where they make none. */
  policy: Policy | null;
  changes: PolicyChanges;
  /** Undefined where there is nothing to save. */
  onSave?: (() => void) | undefined;
  onDiscard: () => void;
}

/** What is tried and not kept yet, with the way to either. */
export function Changes({ saved, policy, changes, onSave, onDiscard }: ChangesProps) {
  const names = Object.keys(changes);
  if (names.length === 0) return null;
  return (
    <section
      aria-label="Changes of the policy"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-accent-soft px-3 py-2 text-xs"
    >
      <Badge tone="accent">{saved ? "what if" : "not saved"}</Badge>
      <p className="min-w-40 flex-1">
        {(policy ? changeTexts(saved, policy, names) : names.map(labelOfName)).join(" · ")}
      </p>
      <span className="flex gap-2">
        <Button size="small" onClick={onDiscard}>
          Discard
        </Button>
        <Button size="small" variant="primary" disabled={!onSave} onClick={onSave}>
          Save policy
        </Button>
      </span>
    </section>
  );
}
