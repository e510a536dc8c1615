import type { DateUnit } from '../../../contract/index.ts';

/** Days from 0000-03-01 to PostgreSQL's day 0, 2000-01-01. */
const epoch = 730_425;

/**
 * The day number (0 is 2000-01-01, as PostgreSQL counts) of a date of the proleptic Gregorian calendar. Year 0 is 1 BC.
 * Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last.
 */
export function dayOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - epoch;
}

/** Year, month and day of a day number, packed as `year * 10000 + month * 100 + day`: one number makes no garbage. */
export function packedDate(dayNumber: number): number {
  const days = dayNumber + epoch;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)) * 10_000 + month * 100 + day;
}

/** The first day of the unit that a day lies in; weeks begin on Monday, as date_trunc() has it. */
export function firstDay(day: number, unit: DateUnit): number {
  // 2000-01-01 was a Saturday.
  if (unit === 'week') return day - ((((day + 5) % 7) + 7) % 7);
  if (unit === 'day' || unit === 'hour') return day;
  const packed = packedDate(day);
  const year = Math.floor(packed / 10_000);
  const month = Math.floor((packed - year * 10_000) / 100);
  if (unit === 'year') return dayOf(year, 1, 1);
  return dayOf(year, unit === 'month' ? month : month - ((month - 1) % 3), 1);
}

const pad = (number: number, length: number): string => String(number).padStart(length, '0');

/** A day in ISO style with a time (`''`, ` 00:00:00+00`) as PostgreSQL writes it: `0044-03-01 BC` for a year before 1. */
export function isoText(day: number, time: string): string {
  const packed = packedDate(day);
  const year = Math.floor(packed / 10_000);
  const rest = packed - year * 10_000;
  const date = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(Math.floor(rest / 100), 2)}-${pad(rest % 100, 2)}`;
  return `${date}${time}${year > 0 ? '' : ' BC'}`;
}
