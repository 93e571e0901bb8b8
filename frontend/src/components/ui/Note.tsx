import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "@/lib/classes";

const TONES = { muted: "text-muted", ok: "text-ok", warn: "text-warn" };

/** A sentence about what is shown, with a mark before it. */
export function Note({ tone, children }: { tone: keyof typeof TONES; children: ReactNode }) {
  const Icon = tone === "ok" ? CircleCheck : TriangleAlert;
  return (
    <p className={classes("flex items-start gap-1.5 text-xs", TONES[tone])}>
      <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
