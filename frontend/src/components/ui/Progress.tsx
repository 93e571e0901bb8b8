interface ProgressProps {
  /** What is being done. */
  label: string;
  /** From 0 to 1; null where nobody knows how far it is. */
  share: number | null;
  /** How far it is, in words. They change all the time: only the label is read out. */
  text: string;
}

/** The browser's own bar: it is announced, and works in forced colours. */
export function Progress({ label, share, text }: ProgressProps) {
  return (
    <div>
      <progress
        aria-label={label}
        max={1}
        {...(share === null ? {} : { value: share })}
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-inset indeterminate:motion-safe:animate-pulse indeterminate:bg-accent-soft forced-colors:appearance-auto [&::-moz-progress-bar]:bg-accent indeterminate:[&::-moz-progress-bar]:bg-accent-soft [&::-webkit-progress-bar]:bg-transparent [&::-webkit-progress-value]:bg-accent [&::-webkit-progress-value]:transition-[width] motion-reduce:[&::-webkit-progress-value]:transition-none"
      />
      <p className="figures mt-1 text-xs text-muted">{text}</p>
      <p role="status" className="sr-only">
        {label}
      </p>
    </div>
  );
}
