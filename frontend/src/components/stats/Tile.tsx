import { type ReactNode, useId } from "react";
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
      <div className="flex min-h-5 items-center justify-between gap-2">
        <CardTitle id={id}>{title}</CardTitle>
        {aside}
      </div>
      {children}
    </Card>
  );
}

/** Tiles side by side, as many as there are. */
export function TileRow({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))]">
      {children}
    </div>
  );
}
