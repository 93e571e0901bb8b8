import { Clock, Table2, ZoomOut } from "lucide-react";
import { Button } from "@/components/ui/Button";
import type { Zone } from "@/lib/time";

interface ChartToolbarProps {
  zone: Zone;
  onZone: (zone: Zone) => void;
  asTable: boolean;
  onAsTable: (asTable: boolean) => void;
  zoomed: boolean;
  onResetZoom: () => void;
}

/** How the chart is read: its time zone, as a table, zoomed. */
export function ChartToolbar({ zone, onZone, asTable, onAsTable, zoomed, onResetZoom }: ChartToolbarProps) {
  return (
    <div className="flex items-center gap-1">
      {zoomed && (
        <Button size="small" onClick={onResetZoom}>
          <ZoomOut aria-hidden className="size-3.5" />
          Reset zoom
        </Button>
      )}
      <Button
        size="small"
        variant="ghost"
        aria-pressed={zone === "local"}
        title="Show times in this browser's zone instead of UTC"
        onClick={() => onZone(zone === "utc" ? "local" : "utc")}
      >
        <Clock aria-hidden className="size-3.5" />
        Local time
      </Button>
      <Button size="small" variant="ghost" aria-pressed={asTable} onClick={() => onAsTable(!asTable)}>
        <Table2 aria-hidden className="size-3.5" />
        Table
      </Button>
    </div>
  );
}
