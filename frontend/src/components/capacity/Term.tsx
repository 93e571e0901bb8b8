import { useState } from "react";
import { classes } from "@/lib/classes";

interface TermProps {
  label: string;
  value: string;
  /** Another value than the saved policy has. */
  changed: boolean;
  onChange: (text: string) => void;
  placeholder?: string;
  /** Whether it may be left empty. */
  optional?: boolean;
}

/** A figure in a sentence that is typed over. What is no number yet changes nothing. */
export function Term({ label, value, changed, onChange, placeholder, optional = false }: TermProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? value;
  const type = (next: string) => {
    setDraft(next);
    const empty = next.trim() === "";
    if (empty ? optional : Number(next) > 0 || next.trim() === "0") onChange(next.trim());
  };
  return (
    <input
      aria-label={label}
      inputMode="decimal"
      autoComplete="off"
      value={text}
      placeholder={placeholder}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setDraft(null)}
      style={{ width: `calc(${Math.max(1, (text || (placeholder ?? "")).length)}ch + 0.7rem)` }}
      className={classes(
        TERM,
        "figures px-1 text-center placeholder:font-normal placeholder:text-muted",
        changed ? "bg-accent-soft" : "bg-transparent",
      )}
    />
  );
}

/** What can be changed in a sentence: underlined as a link is. */
export const TERM =
  "h-6 rounded-sm border-b border-dashed border-accent font-semibold text-accent hover:bg-inset focus:bg-inset";
