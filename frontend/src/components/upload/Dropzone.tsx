import { FileUp } from "lucide-react";
import { useDropzone } from "react-dropzone";
import { useLimits } from "@/hooks/usePage";
import { classes } from "@/lib/classes";
import { formatBytes } from "@/lib/format";

interface DropzoneProps {
  large: boolean;
  onFile: (file: File) => void;
  onRefused: (reason: string) => void;
}

/** Takes one file by drop, click or keyboard. The server detects its format by content: names are not checked. */
export function Dropzone({ large, onFile, onRefused }: DropzoneProps) {
  const limits = useLimits();
  const { getRootProps, getInputProps, isDragActive } = useDropzone({
    multiple: false,
    onDropAccepted: ([file]) => {
      if (!file) return;
      if (file.size > limits.max_upload_bytes)
        onRefused(
          `The file has ${formatBytes(file.size)}; the server accepts up to ${formatBytes(limits.max_upload_bytes)}. It was not sent.`,
        );
      else onFile(file);
    },
    onDropRejected: () => onRefused("Drop one file at a time. Nothing was sent."),
  });

  return (
    <>
      <input {...getInputProps({ hidden: true, "aria-label": "Traffic file" })} />
      <div
        {...getRootProps({
          role: "button",
          className: classes(
            "flex grow flex-col items-center justify-center rounded-md border border-dashed text-center motion-safe:transition-colors",
            large ? "gap-3 px-6 py-14" : "gap-1.5 px-4 py-5",
            isDragActive
              ? "border-accent bg-accent-soft"
              : "border-control hover:border-accent hover:bg-inset",
          ),
        })}
      >
        <FileUp aria-hidden className={classes("text-accent", large ? "size-9" : "size-5")} />
        <span className={large ? "text-lg font-semibold" : "font-medium"}>
          {isDragActive ? "Drop it to upload" : "Drop a traffic file, or choose one"}
        </span>
        <span className={classes("text-muted", large ? "max-w-md text-sm" : "text-xs")}>
          Request log or rate series: {limits.accepted_extensions.join(" ")}, up to{" "}
          {formatBytes(limits.max_upload_bytes)}
        </span>
      </div>
    </>
  );
}
