import { Select } from "@/components/ui/Select";
import type { ChartLine } from "@/lib/chartLines";
import { type ChartModel, nameOf, presentRates } from "@/lib/chartModel";
import { classes } from "@/lib/classes";
import { countOf } from "@/lib/format";
import { pastName } from "@/lib/names";
import { LineSample } from "./LineSample";

interface LegendProps {
  model: ChartModel;
  /** Keys of the lines that are switched off. */
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
  /** None where nothing is forecast. */
  past?: PastChoice;
}

/** Which past forecasts are drawn: those issued so many windows before, or none. */
interface PastChoice {
  horizons: readonly number[];
  windowSeconds: number;
  chosen: number | null;
  onChoose: (horizon: number | null) => void;
}

export function Legend({ model, hidden, onHidden, past }: LegendProps) {
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    onHidden(next);
  };
  const named = model.lines.filter(({ legend }) => legend !== null);
  const marks = named.filter(({ kind }) => kind === "dots");
  return (
    <div className="flex flex-wrap items-center gap-1">
      {named
        .filter(({ kind }) => kind !== "dots")
        .map((line) => (
          <button
            key={line.key}
            type="button"
            aria-pressed={!hidden.has(line.key)}
            onClick={() => toggle(line.key)}
            className={classes(
              "inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-xs motion-safe:transition-colors hover:bg-inset",
              hidden.has(line.key) ? "text-muted line-through [&_svg]:opacity-30" : "text-ink",
            )}
          >
            <LineSample line={line} />
            {nameOf(model, line, line.legend ?? "")}
          </button>
        ))}
      {marks.map((line) => (
        <Mark key={line.key} line={line} count={presentRates(model, line).length} />
      ))}
      {past && <PastSelect {...past} line={model.lines.find(({ key }) => key === "past")} />}
    </div>
  );
}

function Mark({ line, count }: { line: ChartLine; count: number }) {
  if (count === 0) return null;
  return (
    <span className="inline-flex h-7 items-center gap-1.5 px-2 text-xs">
      <LineSample line={line} />
      {line.flag ? countOf(count, ...line.flag) : line.legend}
    </span>
  );
}

/** One window before is the line of the preferred model itself, so only the longer horizons are offered. */
function PastSelect({
  horizons,
  windowSeconds,
  chosen,
  onChoose,
  line,
}: PastChoice & { line: ChartLine | undefined }) {
  return (
    <span className="inline-flex items-center gap-1.5 sm:ml-auto">
      {line && <LineSample line={line} />}
      <Select
        size="small"
        aria-label="Past forecasts"
        value={chosen ?? ""}
        onChange={(event) => onChoose(event.target.value ? Number(event.target.value) : null)}
      >
        <option value="">Past forecasts: off</option>
        {horizons
          .filter((horizon) => horizon > 1)
          .map((horizon) => (
            <option key={horizon} value={horizon}>
              {pastName(horizon * windowSeconds)}
            </option>
          ))}
      </Select>
    </span>
  );
}
