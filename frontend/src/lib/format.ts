/** The one place where numbers, sizes, lengths of time and lists become text. */

const LOCALE = "en";
export const NBSP = " ";

// A half goes to the even number, as in the sentences that the server writes: 546.5 is 546 in both.
const roundingMode = "halfEven";
const integer = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0, roundingMode });
const compact = new Intl.NumberFormat(LOCALE, {
  notation: "compact",
  maximumSignificantDigits: 3,
  roundingMode,
});
const plain = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3, roundingMode });

export const RATE_UNIT = "req/s";
export const UNKNOWN = "–";

/** A rate without its unit: 0.0123, 1.23, 123, 1,234, 12.3K, 100K. */
export function formatRate(rate: number | null | undefined): string {
  return rateFormat([rate])(rate);
}

type Format = (rate: number | null | undefined) => string;

const UNITS = ["", "K", "M", "B", "T"];

/** One precision for figures that stand side by side, three digits of the largest: 19.9K and 6.5K, 12.3 and 0.4. */
export function rateFormat(rates: readonly (number | null | undefined)[]): Format {
  const sizes = rates.map((rate) => Math.abs(rate ?? 0)).filter(Number.isFinite);
  const largest = Number(Math.max(0, ...sizes).toPrecision(3));
  const unit = largest < 10_000 ? 0 : Math.min(Math.floor(Math.log10(largest) / 3), UNITS.length - 1);
  const digits = digitsOf(largest / 1_000 ** unit);
  const numbers = new Intl.NumberFormat(LOCALE, {
    maximumFractionDigits: digits,
    minimumFractionDigits: largest < 0.01 ? 0 : digits,
  });
  return (rate) => {
    if (rate === null || rate === undefined || !Number.isFinite(rate)) return UNKNOWN;
    if (rate === 0) return "0";
    const scaled = rate / 1_000 ** unit;
    const least = 10 ** -digits;
    if (Math.abs(scaled) < least / 2) return `<${numbers.format(least)}${UNITS[unit]}`;
    return `${numbers.format(scaled)}${UNITS[unit]}`;
  };
}

/** Decimals that give three digits; three for what is below 0.01. */
function digitsOf(size: number): number {
  if (size < 0.01) return 3;
  return Math.max(0, 2 - Math.floor(Math.log10(size)));
}

/** Differences of rates side by side: "+1.23", "−0.01", "<0.01", "0". */
export function signedFormat(differences: readonly number[]): (difference: number) => string {
  const format = rateFormat(differences);
  return (difference) => {
    const size = format(Math.abs(difference));
    return size === "0" || size.startsWith("<") ? size : `${difference > 0 ? "+" : "−"}${size}`;
  };
}

export function formatRateWithUnit(rate: number | null | undefined): string {
  const text = formatRate(rate);
  return text === UNKNOWN ? "unknown" : `${text}${NBSP}${RATE_UNIT}`;
}

/** A tick of the rate axis: ticks are round already, so no padding zeros. */
export function formatTick(rate: number): string {
  return Math.abs(rate) < 10_000 ? integerOrPlain(rate) : compact.format(rate);
}

function integerOrPlain(rate: number): string {
  return Number.isInteger(rate) ? integer.format(rate) : plain.format(rate);
}

export function formatCount(count: number): string {
  return integer.format(count);
}

/** What was measured and may be large: 0.042, 4.5, 128, 12,345. */
export function formatQuantity(value: number): string {
  return Math.abs(value) >= 1_000 ? integer.format(value) : plain.format(value);
}

/** "1 window", "2,000 windows". */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)}${NBSP}${count === 1 ? singular : plural}`;
}

/** A share as whole percent; one decimal below one percent, so that it never reads as zero when it is not. */
export function formatPercent(share: number): string {
  const percent = Math.abs(share * 100);
  const digits = percent > 0 && percent < 0.95 ? 1 : 0;
  return `${percent.toFixed(digits)}${NBSP}%`;
}

const TENFOLD = 10;

/** How far a rate rises or falls, as a share of what it was: "25 %"; where percent say no more: "more than tenfold". */
export function formatChange(share: number): string {
  return share + 1 > TENFOLD ? "more than tenfold" : formatPercent(share);
}

/** Shares side by side in percent, where a heading has the sign: "4.12", "12.3" and "4.1". */
export function shareFormat(shares: readonly (number | null | undefined)[]): Format {
  const percent = (share: number | null | undefined) => (share == null ? share : share * 100);
  const format = rateFormat(shares.map(percent));
  return (share) => format(percent(share));
}

/** "1 min", "1 min and 5 min", "1 min, 5 min and 15 min". */
export function formatList(items: readonly string[]): string {
  const head = items.slice(0, -1).join(", ");
  const last = items.at(-1) ?? "";
  return head ? `${head} and ${last}` : last;
}

/** With a full stop at its end. */
export function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

export function formatBytes(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? integer.format(value) : plain.format(value)}${NBSP}${units[unit]}`;
}

/** How far ahead, or how long: "45 s", "75 s", "15 min", "75 min", "4 h", "2.5 d". */
export function formatDuration(seconds: number): string {
  if (seconds < 60 || (seconds < 120 && seconds % 60 !== 0)) return `${plain.format(seconds)}${NBSP}s`;
  if (seconds <= 7_200) return `${plain.format(seconds / 60)}${NBSP}min`;
  if (seconds <= 172_800) return `${plain.format(seconds / 3_600)}${NBSP}h`;
  return `${plain.format(seconds / 86_400)}${NBSP}d`;
}

/** How long a feed has been silent, so that it is seen to count: "45 s", "3 min 20 s", "2 h 5 min". */
export function formatSilence(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours}${NBSP}h ${minutes}${NBSP}min`;
  return `${minutes > 0 ? `${minutes}${NBSP}min ` : ""}${whole % 60}${NBSP}s`;
}

const YEAR = 31_557_600;

/** How long ago, coarsely: "3 s", "4 min", "5 h", "12 d", "30 y". */
export function formatAge(seconds: number): string {
  const age = Math.max(0, seconds);
  if (age < 60) return `${Math.floor(age)}${NBSP}s`;
  if (age < 3_600) return `${Math.floor(age / 60)}${NBSP}min`;
  if (age < 172_800) return `${Math.floor(age / 3_600)}${NBSP}h`;
  if (age < YEAR) return `${Math.floor(age / 86_400)}${NBSP}d`;
  return `${Math.floor(age / YEAR)}${NBSP}y`;
}
