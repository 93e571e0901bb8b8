import { FileUp } from "lucide-react";
import { useLimits } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { formatBytes } from "@/lib/format";
import { useFileChooser } from "./DropArea";

/** Says what may be dropped on the page, and chooses it by click or keyboard. */
export function Dropzone({ large }: { large: boolean }) {
  const limits = useLimits();
  const choose = useFileChooser();
  return (
    <button
      type="button"
      onClick={choose}
      className={classes(
        "flex grow flex-col items-center justify-center rounded-md border border-dashed border-control text-center motion-safe:transition-colors hover:border-accent hover:bg-inset",
        large ? "gap-3 px-6 py-14" : "gap-1.5 px-4 py-5",
      )}
    >
      <FileUp aria-hidden className={classes("text-accent", large ? "size-9" : "size-5")} />
      <span className={classes("text-balance", large ? "text-lg font-semibold" : "font-medium")}>
        Drop a traffic file anywhere, or choose one
      </span>
      <span className={classes("text-muted text-balance", large ? "max-w-md text-sm" : "text-xs")}>
        Request log or rate series: {limits.accepted_extensions.join(" ")}, up to{" "}
        {formatBytes(limits.max_upload_bytes)}
      </span>
    </button>
  );
}
