import { useId, useState } from "react";
import type { Policy } from "@/api/types";
import { Segments } from "@/components/ui/Segments";
import { MODES, type Mode } from "@/lib/capacity";
import { ServeDialog } from "./ServeDialog";

interface ModeSwitchProps {
  filename: string;
  /** The saved one. */
  policy: Policy;
  onSave: (policy: Policy) => void;
}

/** What happens to a decision. To serve is asked about first. */
export function ModeSwitch({ filename, policy, onSave }: ModeSwitchProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const choose = (mode: Mode) => (mode === "serve" ? setAsking(true) : onSave({ ...policy, mode }));
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <p id={id} className="text-xs text-muted">
        {MODES[policy.mode].does}
      </p>
      <Segments label="Mode" describedBy={id} value={policy.mode} options={MODES} onChange={choose} />
      <ServeDialog
        open={asking}
        filename={filename}
        policy={policy}
        onClose={() => setAsking(false)}
        onServe={() => {
          onSave({ ...policy, mode: "serve" });
          setAsking(false);
        }}
      />
    </div>
  );
}
