/** Times as text, in UTC or in the browser's own zone. Timestamps are ISO strings or epoch seconds. */

export type Zone = "utc" | "local";

const LOCALE = "en-GB";

const FIELDS = {
  date: { day: "numeric", month: "short", year: "numeric" },
  day: { day: "numeric", month: "short" },
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

type Style = keyof typeof FIELDS;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(style: Style, zone: Zone): Intl.DateTimeFormat {
  const key = `${style}/${zone}`;
  let format = formatters.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(
      LOCALE,
      zone === "utc" ? { ...FIELDS[style], timeZone: "UTC" } : FIELDS[style],
    );
    formatters.set(key, format);
  }
  return format;
}

export function toSeconds(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}

/** A whole second, as the server reads it. */
export function isoTime(seconds: number): string {
  return new Date(Math.round(seconds) * 1000).toISOString().replace(".000Z", "Z");
}

/** Present names of zones that browsers still call by an older one. */
const PRESENT_NAMES: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Louisville": "America/Kentucky/Louisville",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

/** "UTC", or the browser's zone with its offset at a time: "Asia/Kathmandu (UTC+5:45)". */
export function zoneName(zone: Zone, seconds: number): string {
  if (zone === "utc") return "UTC";
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const parts = new Intl.DateTimeFormat(LOCALE, { timeZoneName: "shortOffset" }).formatToParts(
    seconds * 1000,
  );
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value.replace("GMT", "UTC");
  return `${PRESENT_NAMES[name] ?? name} (${offset})`;
}

/** "31 Aug 1995". */
export function formatDate(seconds: number, zone: Zone): string {
  return formatter("date", zone).format(seconds * 1000);
}

function formatDay(seconds: number, zone: Zone): string {
  return formatter("day", zone).format(seconds * 1000);
}

/** 23:59, or 23:59:30 where the step between points is below a minute. */
export function formatClock(seconds: number, zone: Zone, step = 60): string {
  return formatter(step < 60 ? "seconds" : "clock", zone).format(seconds * 1000);
}

export function formatDateTime(seconds: number, zone: Zone, step = 60): string {
  return `${formatDate(seconds, zone)}, ${formatClock(seconds, zone, step)}`;
}

/** "31 Aug 1995, 22:00 – 23:59 UTC"; both dates where they differ. */
export function formatSpan(from: number, to: number, zone: Zone, step = 60): string {
  const end =
    formatDate(from, zone) === formatDate(to, zone)
      ? formatClock(to, zone, step)
      : formatDateTime(to, zone, step);
  return `${formatDateTime(from, zone, step)} – ${end} ${zoneName(zone, to)}`;
}

/** "1 – 4 Aug 1995", "30 Jul – 2 Aug 1995", "4 Aug 1995": the days of a span, as briefly as they can be told. */
export function formatDates(from: number, to: number, zone: Zone): string {
  return formatter("date", zone).formatRange(from * 1000, to * 1000);
}

/** Labels of the time axis: the clock, with the date under the first label and under every new day. */
export function axisLabels(ticks: number[], step: number, zone: Zone): string[] {
  let shown = "";
  return ticks.map((tick) => {
    const day = formatDay(tick, zone);
    if (step >= 86_400) return day;
    const label = formatClock(tick, zone, step);
    if (day === shown) return label;
    shown = day;
    return `${label}\n${day}`;
  });
}
