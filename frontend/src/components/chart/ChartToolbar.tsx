import { Clock, Table2, ZoomOut } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { usePage } from "@/hooks/usePage";

interface ChartToolbarProps {
  asTable: boolean;
  onAsTable: (asTable: boolean) => void;
  zoomed: boolean;
  onResetZoom: () => void;
}

/** How the chart is read: its time zone, as a table, zoomed. */
export function ChartToolbar({ asTable, onAsTable, zoomed, onResetZoom }: ChartToolbarProps) {
  const { zone, setZone } = usePage();
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
        title="Show times in this browser's time zone instead of UTC"
        onClick={() => setZone(zone === "utc" ? "local" : "utc")}
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
