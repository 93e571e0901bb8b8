import { type ReactNode, useId } from "react";
import { Card, CardTitle } from "@/components/ui/Card";
import { classes } from "@/lib/classes";

interface TileProps {
  title: string;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** One figure of the page with its title. */
export function Tile({ title, aside, className, children }: TileProps) {
  const id = useId();
  return (
    <Card aria-labelledby={id} className={classes("flex min-w-0 flex-col p-4", className)}>
      <div className="flex min-h-5 items-center justify-between gap-2">
        <CardTitle id={id}>{title}</CardTitle>
        {aside}
      </div>
      {children}
    </Card>
  );
}
