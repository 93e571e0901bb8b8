/** A rate that rises, and its forecast. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7 shrink-0">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g
        fill="none"
        strokeWidth="2.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-on-accent"
      >
        <path d="M5 21l5-7 4 4 5-9" />
        <path d="M19 9l8 6" strokeDasharray="1.5 4.2" />
      </g>
    </svg>
  );
}
