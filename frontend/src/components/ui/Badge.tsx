import type { ComponentProps } from "react";
import { classes } from "@/lib/classes";

const TONES = {
  neutral: "bg-inset text-muted",
  accent: "bg-accent-soft text-accent",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};

interface BadgeProps extends ComponentProps<"span"> {
  tone?: keyof typeof TONES;
}

export function Badge({ tone = "neutral", className, ...props }: BadgeProps) {
  return (
    <span
      className={classes(
        "inline-flex items-center rounded px-1.5 py-0.5 text-2xs font-medium whitespace-nowrap",
        TONES[tone],
        className,
      )}
      {...props}
    />
  );
}
