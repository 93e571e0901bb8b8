import type { SimulationRecord } from "@/api/types";
import { Select } from "@/components/ui/Select";
import { usePage } from "@/hooks/usePage";
import { SIMULATION_STATES } from "@/lib/simulation";
import { formatDateTime, toSeconds, zoneName } from "@/lib/time";

interface ResultSelectProps {
  /** The newest first. */
  list: readonly SimulationRecord[];
  shown: string | null;
  onChoose: (id: string) => void;
}

/** The simulations that are kept with the series. */
export function ResultSelect({ list, shown, onChoose }: ResultSelectProps) {
  const { zone } = usePage();
  if (list.length < 2 || shown === null) return null;
  return (
    <Select
      size="small"
      aria-label="Simulations of this series"
      value={shown}
      onChange={(event) => onChoose(event.target.value)}
    >
      {list.map(({ id, state, started_at }) => {
        const at = toSeconds(started_at);
        const ended = state === "done" ? "" : `, ${SIMULATION_STATES[state].label.toLowerCase()}`;
        return (
          <option key={id} value={id}>
            {`of ${formatDateTime(at, zone, 1)} ${zoneName(zone, at)}${ended}`}
          </option>
        );
      })}
    </Select>
  );
}
