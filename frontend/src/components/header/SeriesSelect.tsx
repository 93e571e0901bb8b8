import type { Series } from "@/api/types";
import { Select } from "@/components/ui/Select";
import { seriesLabel } from "@/lib/names";

interface SeriesSelectProps {
  list: readonly Series[];
  selected: string;
  onSelect: (filename: string) => void;
}

export function SeriesSelect({ list, selected, onSelect }: SeriesSelectProps) {
  const live = list.filter((series) => series.live);
  const stored = list.filter((series) => !series.live);
  return (
    <Select
      aria-label="Series"
      title={selected}
      className="w-full sm:w-auto sm:max-w-80 sm:min-w-40 sm:flex-1"
      value={selected}
      onChange={(event) => onSelect(event.target.value)}
    >
      {live.length > 0 && <SeriesGroup label="Live now" list={live} />}
      {stored.length > 0 && <SeriesGroup label="Stored" list={stored} />}
    </Select>
  );
}

function SeriesGroup({ label, list }: { label: string; list: readonly Series[] }) {
  return (
    <optgroup label={label}>
      {list.map((series) => (
        <option key={series.filename} value={series.filename}>
          {seriesLabel(series)}
        </option>
      ))}
    </optgroup>
  );
}
