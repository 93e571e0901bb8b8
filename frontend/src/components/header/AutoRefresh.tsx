import { RefreshCw } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { Switch } from "@/components/ui/Switch";
import { countOf } from "@/lib/format";

interface AutoRefreshProps {
  frozen: boolean;
  /** Windows that arrived since the page was frozen. */
  waiting: number;
  onFrozenChange: (frozen: boolean) => void;
  onRefresh: () => void;
}

export function AutoRefresh({ frozen, waiting, onFrozenChange, onRefresh }: AutoRefreshProps) {
  return (
    <div className="flex items-center gap-2">
      <Switch checked={!frozen} onCheckedChange={(on) => onFrozenChange(!on)}>
        Auto-refresh
      </Switch>
      {frozen && (
        <Button size="small" onClick={onRefresh}>
          <RefreshCw aria-hidden className="size-3.5" />
          Refresh{waiting > 0 && ` (${countOf(waiting, "new window")})`}
        </Button>
      )}
    </div>
  );
}
