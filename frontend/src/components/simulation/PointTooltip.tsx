import { useLayoutEffect, useRef, useState } from "react";
import type { Outcome } from "@/api/types";
import { placeBeside } from "@/components/chart/placeBeside";
import { OUTCOME_COLUMNS, valueTexts } from "@/lib/outcomes";
import type { Place } from "@/lib/simulationPicture";

const SHOWN = ["replica_hours", "minutes_short", "requests_short", "weighed_cost"];

/** What a policy is and came to. For the eye: the point itself and the table say it to a screen reader. */
export function PointTooltip({ outcome, at }: { outcome: Outcome; at: Place }) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    if (!box.current) return;
    const { offsetWidth, offsetHeight, offsetParent } = box.current;
    const top = Math.max(0, Math.min(at.y - 20, (offsetParent?.clientHeight ?? 0) - offsetHeight));
    setPlace({ left: placeBeside(at.x, offsetWidth, offsetParent?.clientWidth ?? offsetWidth), top });
  }, [at.x, at.y]);
  return (
    <div
      ref={box}
      aria-hidden
      className="pointer-events-none absolute z-10 w-56 max-w-full rounded-md border border-line bg-surface/95 p-2.5 text-xs shadow-lg"
      style={place}
    >
      <p className="font-medium">{outcome.label}</p>
      <p className="mb-1.5 text-muted">{outcome.description}</p>
      <dl className="grid grid-cols-[1fr_auto] gap-x-2">
        {OUTCOME_COLUMNS.filter(({ key }) => SHOWN.includes(key)).map((column) => (
          <div key={column.key} className="contents">
            <dt className="text-muted">{column.label}</dt>
            <dd className="text-right font-medium">{valueTexts(column, outcome).value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
