import { Download } from "lucide-react";
import type { ReactNode } from "react";

interface DownloadLinkProps {
  href: string;
  /** Of the file that it becomes. */
  name: string;
  children: ReactNode;
}

export function DownloadLink({ href, name, children }: DownloadLinkProps) {
  return (
    <a
      href={href}
      download={name}
      className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2.5 text-xs font-medium text-ink hover:bg-inset"
    >
      <Download aria-hidden className="size-3.5" />
      {children}
    </a>
  );
}
