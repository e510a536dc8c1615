import { ascii, digitsAt } from './bytes.ts';
import { dayOf } from './calendar.ts';

/** A date or time as PostgreSQL or a person wrote it. */
export interface WrittenTime {
  /** 0 is 2000-01-01. */
  readonly day: number;
  /** Of the day, as the clock on the wall has them; with `offset` taken away they are UTC and may lie outside of the day. */
  readonly seconds: number;
  /** Of the zone, in seconds east of UTC; 0 when none is written or only its name. */
  readonly offset: number;
  /** In this style month and day cannot be told apart: nothing but the year is certain. */
  readonly yearOnly: boolean;
}

/** A date or timestamp in text format, in whatever DateStyle; null for infinity and for anything else. */
export function writtenTime(value: Buffer): WrittenTime | null {
  return isoTime(value, ascii.space) ?? otherStyle(value.toString('latin1'));
}

/**
 * ISO style: `2024-07-19`, with a time ` 12:34:56.789` and a zone `+02`, `-03:30` or `Z`, and ` BC`. `separator` is the
 * byte between date and time. Digits are read where they lie, for this runs for every cell.
 */
export function isoTime(value: Buffer, separator: number): WrittenTime | null {
  let end = value.length;
  const bc = end > 3 && value[end - 1] === 0x43 && value[end - 2] === 0x42 && value[end - 3] === ascii.space;
  if (bc) end -= 3;
  const yearEnd = value.indexOf(ascii.minus);
  if (yearEnd < 4 || yearEnd > 7 || value[yearEnd + 3] !== ascii.minus) return null;
  const dateEnd = yearEnd + 6;
  if (dateEnd > end) return null;
  const year = digitsAt(value, 0, yearEnd);
  const day = certainDay(
    bc ? 1 - year : year,
    digitsAt(value, yearEnd + 1, yearEnd + 3),
    digitsAt(value, yearEnd + 4, dateEnd),
  );
  if (year < 1 || day === null) return null;
  if (dateEnd === end) return { day, seconds: 0, offset: 0, yearOnly: false };
  if (value[dateEnd] !== separator) return null;
  return isoClock(value, dateEnd + 1, end, day);
}

/** The time of day from `start` on: hours and minutes at least. */
function isoClock(value: Buffer, start: number, end: number, day: number): WrittenTime | null {
  const hours = twoDigits(value, start, 24);
  const minutes = value[start + 2] === 0x3a ? twoDigits(value, start + 3, 59) : -1;
  if (hours === -1 || minutes === -1) return null;
  let at = start + 5;
  let seconds = 0;
  if (value[at] === 0x3a) {
    seconds = twoDigits(value, at + 1, 60);
    if (seconds === -1) return null;
    at += 3;
    if (value[at] === ascii.point) {
      const fraction = at + 1;
      for (at = fraction; at < end && digitsAt(value, at, at + 1) !== -1; at++);
      if (at === fraction || at - fraction > 9) return null;
    }
  }
  if (at > end) return null;
  const offset = isoOffset(value, at, end);
  return offset === null ? null : { day, seconds: hours * 3600 + minutes * 60 + seconds, offset, yearOnly: false };
}

/** `+02`, `+0200`, `-03:30`, `+00:19:32`, `Z` or nothing, in seconds. */
function isoOffset(value: Buffer, start: number, end: number): number | null {
  if (start === end) return 0;
  if (end - start > 9) return null;
  const match = /^(?:Z|([+-])(\d{2})(?::?(\d{2})(?::(\d{2}))?)?)$/.exec(value.toString('latin1', start, end));
  if (match === null) return null;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

function twoDigits(value: Buffer, start: number, most: number): number {
  const number = start + 2 <= value.length ? digitsAt(value, start, start + 2) : -1;
  return number > most ? -1 : number;
}

function certainDay(year: number, month: number, day: number): number | null {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? dayOf(year, month, day) : null;
}

const clock = String.raw`(?:(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)`;
/** DateStyle German; SQL; Postgres, of dates and then of timestamps. The zone is a name in all of them. */
const german = new RegExp(String.raw`^(\d{2})\.(\d{2})\.(\d{4,7})(?: ${clock}(?: [^ ]+)?)?( BC)?$`);
const sql = /^(\d{2})[/-](\d{2})[/-](\d{4,7})(?: \d{2}:\d{2}:\d{2}(?:\.\d+)?(?: [^ ]+)?)?( BC)?$/;
const postgres = new RegExp(
  String.raw`^[A-Z][a-z]{2} (?:([A-Z][a-z]{2}) (\d{2})|(\d{2}) ([A-Z][a-z]{2})) ${clock} (\d{4,7})(?: (?!BC$)[^ ]+)?( BC)?$`,
);
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function otherStyle(text: string): WrittenTime | null {
  const inGerman = german.exec(text);
  if (inGerman !== null) {
    const [, day, month, year, hours, minutes, seconds, bc] = inGerman;
    return timeOf(yearOf(year, bc), Number(month), Number(day), [hours, minutes, seconds]);
  }
  const inSql = sql.exec(text);
  // 07/08/2024 is July or August: DateStyle says which, and a cell does not.
  if (inSql !== null) {
    return { day: dayOf(yearOf(inSql[3], inSql[4]), 1, 1), seconds: 0, offset: 0, yearOnly: true };
  }
  const inPostgres = postgres.exec(text);
  if (inPostgres === null) return null;
  const [, month, day, dayFirst, monthSecond, hours, minutes, seconds, year, bc] = inPostgres;
  const monthNumber = months.indexOf(month ?? monthSecond ?? '') + 1;
  return timeOf(yearOf(year, bc), monthNumber, Number(day ?? dayFirst), [hours, minutes, seconds]);
}

const yearOf = (year: string | undefined, bc: string | undefined): number =>
  bc === undefined ? Number(year) : 1 - Number(year);

function timeOf(year: number, month: number, day: number, time: readonly (string | undefined)[]): WrittenTime | null {
  const [hours = '0', minutes = '0', seconds = '0'] = time;
  const number = certainDay(year, month, day);
  return number === null
    ? null
    : {
        day: number,
        seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
        offset: 0,
        yearOnly: false,
      };
}
