import { Children, type CSSProperties, type ReactNode, useId } from "react";
import { Card, CardTitle } from "@/components/ui/Card";

interface TileProps {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}

/** One figure of the page with its title. */
export function Tile({ title, aside, children }: TileProps) {
  const id = useId();
  return (
    <Card aria-labelledby={id} className="flex min-w-0 flex-col p-4">
      <div className="flex min-h-5 flex-wrap items-center justify-between gap-x-2 gap-y-1">
        <CardTitle id={id}>{title}</CardTitle>
        {aside}
      </div>
      {children}
    </Card>
  );
}

const MOST_IN_A_ROW = 5;

/** Tiles side by side where there is room, in two equal rows where they are many. */
export function TileRow({ children }: { children: ReactNode }) {
  const count = Children.count(children);
  const columns = count > MOST_IN_A_ROW ? Math.ceil(count / 2) : count;
  return (
    <div
      style={{ "--columns": columns } as CSSProperties}
      className="grid grid-cols-2 gap-3 md:grid-cols-[repeat(var(--columns),minmax(0,1fr))]"
    >
      {children}
    </div>
  );
}
