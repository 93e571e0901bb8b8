const MINUTE = 60_000;
const DAY_MINUTES = 1_440;

const START = Date.UTC(1995, 7, 1);
const MINUTES = 3 * DAY_MINUTES;
const OUTAGE = { from: 2 * DAY_MINUTES + 900, to: 2 * DAY_MINUTES + 1_080 };
const SPIKE = MINUTES - 60;

/** Requests in one minute: a daily wave with a repeatable ripple, and one spike. */
function requests(minute: number): number {
  const wave = 120 + 60 * Math.sin((minute / DAY_MINUTES) * 2 * Math.PI);
  const ripple = 6 * Math.sin(minute * 1.7) + 4 * Math.cos(minute * 0.61);
  return Math.round((wave + ripple) * (minute === SPIKE ? 2.4 : 1));
}

function isoTime(minute: number): string {
  return new Date(START + minute * MINUTE).toISOString();
}

/** Three days of requests a minute from 1 August 1995 as CSV, with three hours missing on the last day. */
export function threeDays({ minutes = MINUTES, broken = false } = {}): string {
  const rows = ["time,requests"];
  for (let minute = 0; minute < minutes; minute += 1) {
    if (minute >= OUTAGE.from && minute < OUTAGE.to) continue;
    rows.push(`${isoTime(minute)},${requests(minute)}`);
  }
  if (broken) rows.splice(100, 0, "not a time,12", `${isoTime(3)},-4`);
  return `${rows.join("\n")}\n`;
}

/** Whole numbers every five minutes of two days, under a name of one's own. */
export function countsOf(name: string): string {
  const rows = Array.from({ length: 576 }, (_, row) => `${isoTime(row * 5)},${requests(row * 5)}`);
  return `time,${name}\n${rows.join("\n")}\n`;
}

/** A panel of two queries that Grafana names A and B: requests a second, and those of them that failed. */
export function grafanaOfTwoQueries(): string {
  const rows = Array.from({ length: 600 }, (_, minute) => {
    const rate = requests(minute) / 60;
    const time = isoTime(minute).slice(0, 19).replace("T", " ");
    return `${time},${rate.toFixed(4)},${(rate / 50).toFixed(4)}`;
  });
  return `"Time","Value #A","Value #B"\n${rows.join("\n")}\n`;
}
