import { Play, Square } from "lucide-react";
import type { FormEvent } from "react";
import { describeError } from "@/api/errors";
import type { Replay, Series } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import { SeriesName } from "@/components/ui/SeriesName";
import { useStartReplay, useStopReplay } from "@/hooks/mutations";
import { useLimits, usePage } from "@/hooks/usePage";
import { formatAge } from "@/lib/format";
import { formatDateTime, toSeconds, zoneName } from "@/lib/time";

const SPEEDS = [1, 2, 5, 10, 20];
const DEFAULT_SPEED = 2;
const DAY = 86_400;

function speedText(speed: number): string {
  return speed === 1 ? "1 window/s" : `${speed} windows/s`;
}

interface ReplayControlProps {
  series: Series;
  replay: Replay | null;
  onFollow: (replay: Replay) => void;
}

/** Replays the series as if it came in now, or shows the replay that runs. */
export function ReplayControl(props: ReplayControlProps) {
  return (
    <div className="border-t border-line px-4 py-3">
      {props.replay ? <Playing {...props} replay={props.replay} /> : <Start {...props} />}
    </div>
  );
}

function Start({ series, onFollow }: ReplayControlProps) {
  const { max_replay_speed: fastest } = useLimits();
  const starting = useStartReplay(onFollow);
  const long = toSeconds(series.last) - toSeconds(series.first) > DAY;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const lastDay = form.get("from") === "day";
    starting.mutate({
      filename: series.filename,
      speed: Number(form.get("speed")),
      start: lastDay ? new Date((toSeconds(series.last) - DAY) * 1000).toISOString() : null,
    });
  };
  return (
    <form onSubmit={submit} aria-label="Replay" className="flex flex-wrap items-end gap-3">
      <Field label="Replay from">
        {(id) => (
          <Select id={id} name="from">
            {long && <option value="day">24 h before the end</option>}
            <option value="beginning">the beginning</option>
          </Select>
        )}
      </Field>
      <Field label="Speed">
        {(id) => (
          <Select id={id} name="speed" defaultValue={DEFAULT_SPEED}>
            {SPEEDS.filter((speed) => speed <= fastest).map((speed) => (
              <option key={speed} value={speed}>
                {speedText(speed)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" disabled={starting.isPending}>
        <Play aria-hidden className="size-3.5" />
        Replay as live
      </Button>
      <p className="min-w-48 flex-1 basis-64 text-xs text-muted sm:pb-1">
        Replays this series as if it were arriving now, with the forecasts of that time.
      </p>
      {starting.error && <ReplayError error={starting.error} />}
    </form>
  );
}

function Playing({ series, replay, onFollow }: ReplayControlProps & { replay: Replay }) {
  const { zone } = usePage();
  const stopping = useStopReplay();
  const position = toSeconds(replay.position);
  const remaining = Math.max(0, (toSeconds(replay.last) - position) / series.window_seconds / replay.speed);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button disabled={stopping.isPending} onClick={() => stopping.mutate()}>
        <Square aria-hidden className="size-3.5" />
        Stop replay
      </Button>
      {series.filename !== replay.replay_filename && <Button onClick={() => onFollow(replay)}>Watch</Button>}
      <p className="flex min-w-0 flex-wrap items-center gap-x-1.5 text-xs text-muted">
        <span>Replaying</span>
        <SeriesName name={replay.filename} className="text-ink" />
        <span>
          at {speedText(replay.speed)}, now {formatDateTime(position, zone)} {zoneName(zone, position)},{" "}
          {formatAge(remaining)} left
        </span>
      </p>
      {stopping.error && <ReplayError error={stopping.error} />}
    </div>
  );
}

function ReplayError({ error }: { error: Error }) {
  return (
    <p role="alert" className="w-full text-xs text-danger">
      {describeError(error).detail}
    </p>
  );
}
