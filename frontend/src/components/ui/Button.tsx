import type { ComponentProps } from "react";
import { classes } from "@/lib/classes";

/** Forced colours leave a filled button neither its ground nor an edge. */
const FORCED =
  "forced-colors:border forced-colors:border-[ButtonText] forced-colors:bg-[ButtonFace] forced-colors:text-[ButtonText]";

const VARIANTS = {
  primary: `bg-accent text-on-accent hover:brightness-110 ${FORCED}`,
  outline: "border border-line bg-surface text-ink hover:bg-inset",
  ghost:
    "text-muted hover:bg-inset hover:text-ink aria-pressed:bg-inset aria-pressed:text-ink forced-colors:aria-pressed:bg-[Highlight] forced-colors:aria-pressed:text-[HighlightText] forced-colors:aria-pressed:forced-color-adjust-none",
  danger: `bg-danger text-surface hover:brightness-110 ${FORCED}`,
};

const SIZES = {
  default: "h-8 px-3 text-sm",
  small: "h-7 px-2.5 text-xs",
  icon: "size-8",
};

interface ButtonProps extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
}

export function Button({ variant = "outline", size = "default", className, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      className={classes(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap motion-safe:transition-colors",
        "disabled:cursor-not-allowed disabled:opacity-50",
        VARIANTS[variant],
        SIZES[size],
        className,
      )}
      {...props}
    />
  );
}
