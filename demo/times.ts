/**
 * @module
 * Times as dates, where a unit says since when they count.
 */

/** Nanoseconds of each unit (UDUNITS); months and years have no length. */
const lengths = new Map<string, number>([
  ["nanosecond", 1],
  ["microsecond", 1e3],
  ["millisecond", 1e6],
  ["second", 1e9],
  ["minute", 6e10],
  ["hour", 3.6e12],
  ["day", 8.64e13],
]);
/** Of a 64-bit time that is none, as numpy writes it. */
const noTime = -(2n ** 63n);
/** Where days are counted alike in all calendars of the world; before it their unit does not tell which one is meant. */
const gregorianMs = Date.UTC(1582, 9, 15);

interface Clock {
  readonly startMs: number;
  /** Nanoseconds. */
  readonly length: number;
}

/** `undefined` for units that tell of no times. */
function parseClock(unit: string | undefined, calendar: string): Clock | undefined {
  const [, name = "", since = ""] = /^\s*(\w+?)s? since (.+?)\s*$/i.exec(unit ?? "") ?? [];
  const length = lengths.get(name.toLowerCase());
  if (length === undefined || !/^(standard|gregorian|proleptic_gregorian)$/.test(calendar)) return undefined;
  const startMs = parseSince(since);
  return startMs === undefined ? undefined : { startMs, length };
}

/** Reads a date in UTC, a day or a day and a time, as a number of the unit; `undefined` for units that tell of no times. */
export function dateReader(unit: string | undefined): ((text: string) => number) | undefined {
  const clock = parseClock(unit, "standard");
  if (clock === undefined) return undefined;
  return (text) => {
    const [, day, time = "00:00", seconds = ""] =
      /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?Z?\s*$/.exec(text) ?? [];
    const date = new Date(`${day}T${time}${seconds}Z`);
    // Some engines take 31 February for a day in March.
    const isDay = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day!);
    return isDay ? ((date.getTime() - clock.startMs) * 1e6) / clock.length : Number.NaN;
  };
}

/** Writes a time as a date in UTC, `2014-03-01T12:00:00Z`; `undefined` for units that tell of none. */
export function dateWriter(
  unit: string | undefined,
  calendar = "standard",
): ((value: number | bigint) => string) | undefined {
  const clock = parseClock(unit, calendar);
  if (clock === undefined) return undefined;
  const { startMs, length } = clock;
  return (value) => {
    if (value === noTime || Number.isNaN(value)) return "";
    const nanoseconds = typeof value === "bigint" ? value * BigInt(length) : toNanoseconds(value, length);
    return nanoseconds === undefined
      ? String(value)
      : write(BigInt(startMs) * 1_000_000n + nanoseconds, value);
  };
}

/** Milliseconds since 1970 in UTC; no other zone is told by name. */
function parseSince(text: string): number | undefined {
  const found =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.0*)?)?)?\s*(?:Z|UTC)?$/i.exec(
      text,
    );
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0));
  const ms = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const date = new Date(ms);
  const isDay = date.getUTCFullYear() === year && date.getUTCDate() === day;
  return isDay && ms >= gregorianMs ? ms : undefined;
}

/** As exact as a double of days or seconds is: to the microsecond. */
function toNanoseconds(value: number, length: number): bigint | undefined {
  if (!Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return BigInt(whole) * BigInt(length) + BigInt(Math.round(((value - whole) * length) / 1e3)) * 1000n;
}

function write(nanoseconds: bigint, value: number | bigint): string {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((nanoseconds - rest) / 1_000_000n));
  if (!(date.getTime() >= gregorianMs) || date.getUTCFullYear() > 9999) return String(value);
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(9, "0").replace(/0+$/, "")}`;
  return `${date.toISOString().slice(0, 19)}${fraction}Z`;
}
