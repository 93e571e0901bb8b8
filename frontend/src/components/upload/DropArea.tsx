import { FileUp } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect } from "react";
import { useDropzone } from "react-dropzone";

const ChooserContext = createContext<(() => void) | null>(null);

/** Opens the browser's own dialog for files. */
export function useFileChooser(): () => void {
  const choose = useContext(ChooserContext);
  if (choose === null) throw new Error("There is no DropArea around this.");
  return choose;
}

interface DropAreaProps {
  onFiles: (files: File[]) => void;
  children: ReactNode;
}

/** Takes files wherever they are dropped on the page, pasted into it, or chosen. Their names are not checked: the
 * server detects formats by content. */
export function DropArea({ onFiles, children }: DropAreaProps) {
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    noClick: true,
    noKeyboard: true,
    onDropAccepted: onFiles,
  });

  useEffect(() => {
    const onPaste = ({ clipboardData }: ClipboardEvent) => {
      const files = [...(clipboardData?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [onFiles]);

  return (
    <div {...getRootProps({ className: "min-h-dvh" })}>
      <input {...getInputProps({ hidden: true, "aria-label": "Traffic file" })} />
      <ChooserContext value={open}>{children}</ChooserContext>
      {isDragActive && <DropHint />}
    </div>
  );
}

function DropHint() {
  return (
    <div className="pointer-events-none fixed inset-0 z-30 grid place-items-center bg-canvas/80 p-4">
      <p className="flex items-center gap-3 rounded-lg border-2 border-dashed border-accent bg-surface px-8 py-6 text-lg font-semibold shadow-xl">
        <FileUp aria-hidden className="size-7 text-accent" />
        Drop to upload
      </p>
    </div>
  );
}
