/**
 * The calendars of climate data: which dates they have, and how many days lie between them.
 * CF conventions 1.11, §4.4.1 "Calendar" (https://cfconventions.org).
 *
 * @module
 */

/**
 * By CF's names. In `standard` the Julian calendar ends with 1582-10-04 and the Gregorian begins on the next day, the
 * 15th; in `360_day` every month has thirty days.
 */
export type Calendar = "standard" | "proleptic_gregorian" | "julian" | "noleap" | "all_leap" | "360_day";

const names: Readonly<Record<string, Calendar>> = {
  standard: "standard",
  gregorian: "standard",
  proleptic_gregorian: "proleptic_gregorian",
  julian: "julian",
  noleap: "noleap",
  "365_day": "noleap",
  all_leap: "all_leap",
  "366_day": "all_leap",
  "360_day": "360_day",
};

/** The calendar of a name; `undefined` when there is no such one. */
export function findCalendar(name: string): Calendar | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/** Whether days of the calendar are days of the world, so that an instant can be told in it. */
export function isOfThisWorld(calendar: Calendar): boolean {
  return calendar === "standard" || calendar === "proleptic_gregorian" || calendar === "julian";
}

export interface CalendarDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Days before each month of a year of 365 days. */
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
/** 1970-01-01 as days since 0000-03-01, in each of the two calendars of the world. */
const epochGregorian = 719468;
const epochJulian = 719470;
/** 1582-10-15, Gregorian, as days since 1970. */
const firstGregorianDay = -141427;

/**
 * Days from 1970-01-01 to a date; in calendars that are not of this world from that date of their own.
 *
 * @returns `undefined` when the calendar has no such date
 */
export function dayOfDate(calendar: Calendar, { year, month, day }: CalendarDate): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(calendar, year, month)) return undefined;
  switch (calendar) {
    case "360_day":
      return (year - 1970) * 360 + (month - 1) * 30 + day - 1;
    case "noleap":
      return (year - 1970) * 365 + daysBefore[month - 1]! + day - 1;
    case "all_leap":
      return (year - 1970) * 366 + daysBefore[month - 1]! + (month > 2 ? 1 : 0) + day - 1;
    case "proleptic_gregorian":
      return gregorianDay(year, month, day);
    case "julian":
      return julianDay(year, month, day);
    case "standard": {
      const gregorian = gregorianDay(year, month, day);
      if (gregorian >= firstGregorianDay) return gregorian;
      const julian = julianDay(year, month, day);
      // The ten days that the reform left out.
      return julian < firstGregorianDay ? julian : undefined;
    }
  }
}

/** The date that lies so many days after 1970-01-01, as `dayOfDate` counts them. */
export function dateOfDay(calendar: Calendar, days: number): CalendarDate {
  switch (calendar) {
    case "360_day": {
      const year = 1970 + Math.floor(days / 360);
      const rest = days - (year - 1970) * 360;
      return { year, month: Math.floor(rest / 30) + 1, day: (rest % 30) + 1 };
    }
    case "noleap":
    case "all_leap": {
      const length = calendar === "noleap" ? 365 : 366;
      const year = 1970 + Math.floor(days / length);
      const rest = days - (year - 1970) * length;
      const leap = calendar === "all_leap" ? 1 : 0;
      const before = (month: number): number => daysBefore[month]! + (month > 1 ? leap : 0);
      let month = 11;
      while (before(month) > rest) month--;
      return { year, month: month + 1, day: rest - before(month) + 1 };
    }
    case "proleptic_gregorian":
      return gregorianDate(days);
    case "julian":
      return julianDate(days);
    case "standard":
      return days >= firstGregorianDay ? gregorianDate(days) : julianDate(days);
  }
}

/** Days of a month; of October 1582 the last one. */
export function daysInMonth(calendar: Calendar, year: number, month: number): number {
  if (calendar === "360_day") return 30;
  const length = daysBefore[month]! - daysBefore[month - 1]!;
  return month === 2 && isLeap(calendar, year) ? length + 1 : length;
}

function isLeap(calendar: Calendar, year: number): boolean {
  if (calendar === "all_leap") return true;
  if (calendar === "noleap" || year % 4 !== 0) return false;
  const isJulian = calendar === "julian" || (calendar === "standard" && year <= 1582);
  return isJulian || year % 100 !== 0 || year % 400 === 0;
}

// Years are taken to begin in March, so that the leap day is their last.

function gregorianDay(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leaps + dayOfMarchYear(month, day) - epochGregorian;
}

function julianDay(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  return y * 365 + Math.floor(y / 4) + dayOfMarchYear(month, day) - epochJulian;
}

function gregorianDate(days: number): CalendarDate {
  const since = days + epochGregorian;
  const era = Math.floor(since / 146_097);
  const ofEra = since - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return dateOfMarchYear(era * 400 + yearOfEra, ofEra - yearOfEra * 365 - leaps);
}

function julianDate(days: number): CalendarDate {
  const since = days + epochJulian;
  const era = Math.floor(since / 1461);
  const ofEra = since - era * 1461;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460)) / 365);
  return dateOfMarchYear(era * 4 + yearOfEra, ofEra - yearOfEra * 365);
}

/** Days since the first of March. */
function dayOfMarchYear(month: number, day: number): number {
  return Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
}

function dateOfMarchYear(marchYear: number, dayOfYear: number): CalendarDate {
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = month > 2 ? marchYear : marchYear + 1;
  return { year, month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
