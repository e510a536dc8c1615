import { type CellMask, type ColumnType, cut } from './column-type.ts';
import { fullMask } from './full.ts';
import { familyOf } from './type-families.ts';

const microsecondsPerDay = 86_400_000_000n;

/** Dates and timestamps become the first of January of their year (in the zone they are shown in; UTC in binary). */
export function yearMask(type: ColumnType): CellMask {
  const family = familyOf(type.typeOid, type.typeName);
  const whole = fullMask(type);
  const otherwise = (value: Buffer): Buffer | null =>
    whole.constant === undefined ? whole.mask(value) : whole.constant;
  if (family.family === 'text') {
    return { mask: (value) => textDate(value, type) ?? otherwise(value) };
  }
  if (family.family === 'date') {
    return { mask: (value) => (type.format === 0 ? yearText(value, '') : binaryDate(value)) ?? otherwise(value) };
  }
  if (family.family === 'timestamp') {
    const time = family.zone ? ' 00:00:00+00' : ' 00:00:00';
    return {
      mask: (value) => (type.format === 0 ? yearText(value, time) : binaryTimestamp(value)) ?? otherwise(value),
    };
  }
  return whole;
}

/** Text columns that hold an ISO date. */
function textDate(value: Buffer, type: ColumnType): Buffer | null {
  const match = /^(\d{4})-\d{2}-\d{2}(?:[T ].*)?$/.exec(value.toString('utf8'));
  return match === null ? null : cut(`${match[1]}-01-01`, type);
}

/** The year in each DateStyle: ISO, SQL, German, Postgres (date, then timestamp). Written back as ISO, which every style reads. */
const styles = [
  /^(\d{4,7})-\d{2}-\d{2}(?: |$)/,
  /^\d{2}\/\d{2}\/(\d{4,7})(?: |$)/,
  /^\d{2}\.\d{2}\.(\d{4,7})(?: |$)/,
  /^\d{2}-\d{2}-(\d{4,7})(?: |$)/,
  /^[A-Z][a-z]{2} [A-Za-z0-9]{2,3} [A-Za-z0-9]{2,3} \d{2}:\d{2}:\d{2}(?:\.\d+)? (\d{4,7})(?: |$)/,
];

function yearText(value: Buffer, time: string): Buffer | null {
  const text = value.toString('latin1');
  for (const style of styles) {
    const year = style.exec(text)?.[1];
    if (year !== undefined) return Buffer.from(`${year}-01-01${time}${text.endsWith(' BC') ? ' BC' : ''}`);
  }
  return null;
}

function binaryDate(value: Buffer): Buffer | null {
  if (value.length !== 4) return null;
  const days = value.readInt32BE(0);
  if (days === 0x7fffffff || days === -0x80000000) return null;
  const cell = Buffer.alloc(4);
  cell.writeInt32BE(firstOfYear(days), 0);
  return cell;
}

function binaryTimestamp(value: Buffer): Buffer | null {
  if (value.length !== 8) return null;
  const microseconds = value.readBigInt64BE(0);
  if (microseconds === 0x7fffffffffffffffn || microseconds === -0x8000000000000000n) return null;
  const days =
    (microseconds - (((microseconds % microsecondsPerDay) + microsecondsPerDay) % microsecondsPerDay)) /
    microsecondsPerDay;
  const cell = Buffer.alloc(8);
  cell.writeBigInt64BE(BigInt(firstOfYear(Number(days))) * microsecondsPerDay, 0);
  return cell;
}

/** Days since 2000-01-01 of the first day of the year that a day lies in, proleptic Gregorian calendar, any year. */
function firstOfYear(days: number): number {
  // 400 years are 146,097 days exactly; JavaScript's Date knows only 270,000 years either way, so count within one cycle.
  const cycle = Math.floor(days / 146_097);
  const date = new Date((days - cycle * 146_097) * 86_400_000 + Date.UTC(2000, 0, 1));
  return cycle * 146_097 + (Date.UTC(date.getUTCFullYear(), 0, 1) - Date.UTC(2000, 0, 1)) / 86_400_000;
}
