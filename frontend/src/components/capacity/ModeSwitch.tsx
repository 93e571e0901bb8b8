import { RadioGroup } from "radix-ui";
import { useId, useState } from "react";
import type { Policy } from "@/api/types";
import { MODES, type Mode } from "@/lib/capacity";
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
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <p id={id} className="text-xs text-muted">
        {MODES[policy.mode].does}
      </p>
      <RadioGroup.Root
        aria-label="Mode"
        aria-describedby={id}
        orientation="horizontal"
        value={policy.mode}
        onValueChange={(mode) => choose(mode as Mode)}
        className="inline-flex rounded-md bg-inset p-0.5"
      >
        {Object.entries(MODES).map(([mode, { label, does }]) => (
          <RadioGroup.Item key={mode} value={mode} title={does} className={ITEM}>
            {label}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
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
    </div>
  );
}

const ITEM =
  "h-7 rounded px-3 text-xs font-medium text-muted hover:text-ink data-[state=checked]:bg-raised data-[state=checked]:text-ink data-[state=checked]:shadow-sm forced-colors:data-[state=checked]:bg-[Highlight] forced-colors:data-[state=checked]:text-[HighlightText] forced-colors:data-[state=checked]:forced-color-adjust-none";
