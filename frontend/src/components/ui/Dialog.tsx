import { type ReactNode, useEffect, useId, useRef } from "react";
import { classes } from "@/lib/classes";

interface DialogProps {
  open: boolean;
  title: string;
  /** For what has tables and charts in it. */
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** The browser's own modal: it keeps the focus inside, closes on Escape and injects no style element. */
export function Dialog({ open, title, wide = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);

  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      className={classes(
        "m-auto rounded-lg border border-line bg-surface text-ink shadow-xl",
        wide ? "w-[min(56rem,calc(100vw-1.5rem))] p-4 sm:p-5" : "w-[min(26rem,calc(100vw-2rem))] p-5",
      )}
    >
      <h2 id={titleId} className="text-base font-semibold">
        {title}
      </h2>
      {open && children}
    </dialog>
  );
}
