import type { DateUnit } from '../../../contract/index.ts';
import { ascii } from './bytes.ts';
import { firstDay, isoText } from './calendar.ts';
import { type CellMask, type ColumnType, cut } from './column-type.ts';
import { isoTime, type WrittenTime, writtenTime } from './date-text.ts';
import { floorDivide } from './decimal.ts';
import { fullMask } from './full.ts';
import { remembering } from './remembering.ts';
import { familyOf } from './type-families.ts';

const secondsPerDay = 86_400;
const microsecondsPerHour = 3_600_000_000;
const hoursPerDay = 24;

/**
 * Dates and times become the first moment of their unit: date, timestamp, timestamptz (in UTC, whatever zone they are shown
 * in) and text columns that hold an ISO date. What has no such moment (infinity, another text) is masked whole.
 */
export function dateMask(type: ColumnType, unit: DateUnit): CellMask {
  const family = familyOf(type);
  const whole = fullMask(type);
  if (whole.constant === undefined) return whole;
  const otherwise = whole.constant;
  const zoned = family.family === 'timestamp' && family.zone;
  const text = (time: WrittenTime | null, write: (hour: number) => Buffer): Buffer | null =>
    time === null ? otherwise : write(cutHour(time, unit, zoned));
  switch (family.family) {
    case 'date': {
      const write = remembering((hour) => Buffer.from(isoText(hour / hoursPerDay, '')));
      const writeBinary = remembering((hour) => int32(hour / hoursPerDay));
      const dayUnit = unit === 'hour' ? 'day' : unit;
      if (type.format === 1) {
        return {
          mask: (value) => (finiteDay(value) ? writeBinary(firstDay(value.readInt32BE(0), dayUnit) * 24) : otherwise),
        };
      }
      return { mask: (value) => text(writtenTime(value), write) };
    }
    case 'timestamp': {
      if (type.format === 1) {
        const write = remembering((hour) => int64(BigInt(hour) * BigInt(microsecondsPerHour)));
        return {
          mask: (value) => {
            const hour = hourOfTimestamp(value);
            if (hour === null) return otherwise;
            return write(unit === 'hour' ? hour : firstDay(Math.floor(hour / hoursPerDay), unit) * hoursPerDay);
          },
        };
      }
      const zone = family.zone ? '+00' : '';
      const write = remembering((hour) => Buffer.from(timeText(hour, zone)));
      return { mask: (value) => text(writtenTime(value), write) };
    }
    case 'text': {
      const write = remembering((hour) =>
        cut(unit === 'hour' ? timeText(hour, '') : isoText(hour / hoursPerDay, ''), type),
      );
      return { mask: (value) => text(isoTime(value, ascii.space) ?? isoTime(value, 0x54), write) };
    }
    default:
      return whole;
  }
}

/** The first hour of the unit, counted from 2000-01-01 00:00: in UTC when `zoned`, else by the clock on the wall. */
function cutHour(time: WrittenTime, unit: DateUnit, zoned: boolean): number {
  if (time.yearOnly) return firstDay(time.day, 'year') * hoursPerDay;
  const seconds = zoned ? time.seconds - time.offset : time.seconds;
  const days = Math.floor(seconds / secondsPerDay);
  const day = firstDay(time.day + days, unit) * hoursPerDay;
  return unit === 'hour' ? day + Math.floor((seconds - days * secondsPerDay) / 3600) : day;
}

function timeText(hour: number, zone: string): string {
  const day = Math.floor(hour / hoursPerDay);
  return isoText(day, ` ${String(hour - day * hoursPerDay).padStart(2, '0')}:00:00${zone}`);
}

const int32 = (number: number): Buffer => {
  const cell = Buffer.allocUnsafe(4);
  cell.writeInt32BE(number, 0);
  return cell;
};

const int64 = (number: bigint): Buffer => {
  const cell = Buffer.allocUnsafe(8);
  cell.writeBigInt64BE(number, 0);
  return cell;
};

/** False for infinity and -infinity, and for what is no date. */
function finiteDay(value: Buffer): boolean {
  if (value.length !== 4) return false;
  const day = value.readInt32BE(0);
  return day !== 0x7fffffff && day !== -0x80000000;
}

/**
 * The hour, counted from 2000-01-01 00:00, in which a binary timestamp lies: microseconds since then, UTC in timestamptz
 * (timestamp_send in timestamp.c). Null for infinity and what is no timestamp.
 */
function hourOfTimestamp(value: Buffer): number | null {
  if (value.length !== 8) return null;
  const high = value.readInt32BE(0);
  // Within 142 years of 2000 a double holds the microseconds exactly, and its remainder is exact, too.
  if (Math.abs(high) < 1 << 20) {
    const microseconds = high * 2 ** 32 + value.readUInt32BE(4);
    const rest = microseconds % microsecondsPerHour;
    return (microseconds - (rest < 0 ? rest + microsecondsPerHour : rest)) / microsecondsPerHour;
  }
  const microseconds = value.readBigInt64BE(0);
  if (microseconds === 0x7fffffffffffffffn || microseconds === -0x8000000000000000n) return null;
  return Number(floorDivide(microseconds, BigInt(microsecondsPerHour)));
}
