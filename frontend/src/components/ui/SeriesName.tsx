import { classes } from "@/lib/classes";
import { Badge } from "./Badge";

interface SeriesNameProps {
  name: string;
  synthetic?: boolean;
  className?: string;
}

/** A name that came from outside: apart from the text around it, cut where it is long, whole in its title. */
export function SeriesName({ name, synthetic = false, className }: SeriesNameProps) {
  return (
    <span className={classes("inline-flex min-w-0 max-w-full items-center gap-1.5 align-bottom", className)}>
      <bdi title={name} className="min-w-0 truncate">
        {name}
      </bdi>
      {synthetic && <Badge tone="warn">synthetic</Badge>}
    </span>
  );
}
