import { classes } from "@/lib/classes";

/** Holds the place of something that is on its way. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden
      className={classes(
        "block motion-safe:animate-pulse rounded bg-inset forced-colors:bg-[GrayText] forced-colors:forced-color-adjust-none",
        className,
      )}
    />
  );
}
