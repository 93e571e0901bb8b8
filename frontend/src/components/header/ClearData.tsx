import { Trash2 } from "lucide-react";
import { useState } from "react";
import { describeError } from "@/api/errors";
import type { Series } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { SeriesName } from "@/components/ui/SeriesName";
import { useDeleteSeries } from "@/hooks/mutations";
import { countOf } from "@/lib/format";

/** How a deleted series comes back. */
const RESTORING: Record<Series["origin"], string> = {
  upload: "To restore it, upload the file again.",
  sample: "To restore it, load the sample again.",
  replay: "To restore it, start the replay again.",
  feed: "What the feed has sent so far cannot be restored; if it still sends, its series begins anew.",
};

/** Deletes the series on the page, after asking. */
export function ClearData({ series }: { series: Series }) {
  const [open, setOpen] = useState(false);
  const deletion = useDeleteSeries();

  const close = () => {
    setOpen(false);
    deletion.reset();
  };
  const confirm = () => deletion.mutate(series.filename, { onSuccess: close });

  return (
    <>
      <Button variant="ghost" onClick={() => setOpen(true)}>
        <Trash2 aria-hidden className="size-4" />
        Clear data
      </Button>
      <Dialog open={open} title="Delete this series?" onClose={close}>
        <p className="mt-3 flex font-medium">
          <SeriesName name={series.filename} synthetic={series.synthetic} />
        </p>
        <p className="mt-2 text-muted">
          Its {countOf(series.points, "window")} and their forecasts will be deleted from the store. Other
          series are not affected. {RESTORING[series.origin]}
        </p>
        {deletion.error && (
          <p role="alert" className="mt-3 rounded-md bg-danger-soft p-2.5 text-danger">
            {describeError(deletion.error).detail}
          </p>
        )}
        <div className="mt-5 flex justify-end gap-2">
          <Button autoFocus onClick={close}>
            Keep it
          </Button>
          <Button variant="danger" disabled={deletion.isPending} onClick={confirm}>
            Delete series
          </Button>
        </div>
      </Dialog>
    </>
  );
}
