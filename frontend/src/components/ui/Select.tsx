import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { classes } from "@/lib/classes";

const SIZES = { normal: "h-8 text-sm", small: "h-7 text-xs" };

interface SelectProps extends Omit<ComponentProps<"select">, "size"> {
  size?: keyof typeof SIZES;
}

/** The browser's own list: it works by keyboard, on a phone, and under a strict CSP. */
export function Select({ className, size = "normal", ...props }: SelectProps) {
  return (
    <span className={classes("relative inline-flex min-w-0", className)}>
      <select
        className={classes(
          "w-full min-w-0 appearance-none truncate rounded-md border border-control bg-surface pr-8 pl-2.5 text-ink disabled:opacity-50",
          SIZES[size],
        )}
        {...props}
      />
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-muted"
      />
    </span>
  );
}
