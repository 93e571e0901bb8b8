import { useId, useState } from "react";
import type { Policy } from "@/api/types";
import { MODES, type Mode } from "@/lib/capacity";
import { classes } from "@/lib/classes";
import { ServeDialog } from "./ServeDialog";

interface ModeSwitchProps {
  filename: string;
  /** The saved one. */
  policy: Policy;
  onServe: (policy: Policy) => void;
}

/** What happens to a decision. To serve is asked about first. */
export function ModeSwitch({ filename, policy, onServe: save }: ModeSwitchProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const choose = (mode: Mode) => (mode === "serve" ? setAsking(true) : save({ ...policy, mode }));
  return (
    <fieldset className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <legend className="sr-only">Mode</legend>
      <p id={id} className="text-xs text-muted">
        {MODES[policy.mode].does}
      </p>
      <div className="inline-flex rounded-md bg-inset p-0.5">
        {(Object.keys(MODES) as Mode[]).map((mode) => (
          <label
            key={mode}
            title={MODES[mode].does}
            className={classes(
              "inline-flex h-7 cursor-pointer items-center rounded px-3 text-xs font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent",
              mode === policy.mode
                ? "bg-raised text-ink shadow-sm forced-colors:bg-[Highlight] forced-colors:text-[HighlightText] forced-colors:forced-color-adjust-none"
                : "text-muted hover:text-ink",
            )}
          >
            <input
              type="radio"
              name={`mode-${id}`}
              value={mode}
              aria-describedby={id}
              checked={mode === policy.mode}
              onChange={() => choose(mode)}
              className="sr-only"
            />
            {MODES[mode].label}
          </label>
        ))}
      </div>
      <ServeDialog
        open={asking}
        filename={filename}
        policy={policy}
        onClose={() => setAsking(false)}
        onServe={() => {
          save({ ...policy, mode: "serve" });
          setAsking(false);
        }}
      />
    </fieldset>
  );
}
