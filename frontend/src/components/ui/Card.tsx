import type { ComponentProps } from "react";
import { classes } from "@/lib/classes";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return <section className={classes("rounded-lg border border-line bg-surface", className)} {...props} />;
}

export function CardTitle({ className, ...props }: ComponentProps<"h2">) {
  return <h2 className={classes("text-xs font-medium text-muted", className)} {...props} />;
}
