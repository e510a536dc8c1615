import { digitsAt } from './bytes.ts';

/** An integer type: its size in bytes, and whether its numbers begin at 0 (oid, xid). */
export interface IntegerType {
  readonly size: 2 | 4 | 8;
  readonly unsigned: boolean;
}

/** The number of a cell; null when it is none of the type. A BigInt only where a double would not be exact. */
export function integerOf(value: Buffer, { size, unsigned }: IntegerType, format: 0 | 1): number | bigint | null {
  if (format === 0) return integerOfText(value);
  if (value.length !== size) return null;
  if (size === 8) return narrow(unsigned ? value.readBigUInt64BE(0) : value.readBigInt64BE(0));
  return unsigned ? value.readUIntBE(0, size) : value.readIntBE(0, size);
}

function integerOfText(value: Buffer): number | bigint | null {
  const start = value[0] === 0x2d ? 1 : 0;
  if (value.length - start <= 15) {
    const digits = digitsAt(value, start, value.length);
    return digits === -1 ? null : start === 1 && digits > 0 ? -digits : digits;
  }
  const text = value.toString('latin1');
  return /^-?\d{1,20}$/.test(text) ? narrow(BigInt(text)) : null;
}

const narrow = (number: bigint): number | bigint =>
  number >= BigInt(Number.MIN_SAFE_INTEGER) && number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;

/** The least and the greatest number of a type. */
export function integerRange({ size, unsigned }: IntegerType): readonly [least: bigint, greatest: bigint] {
  const bits = BigInt(size * 8);
  return unsigned ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** A number of the type as a cell. */
export function integerCell(number: number | bigint, type: IntegerType, format: 0 | 1): Buffer {
  if (format === 0) return Buffer.from(String(number), 'latin1');
  const cell = Buffer.allocUnsafe(type.size);
  if (type.size === 8) {
    if (type.unsigned) cell.writeBigUInt64BE(BigInt(number), 0);
    else cell.writeBigInt64BE(BigInt(number), 0);
  } else if (type.unsigned) cell.writeUIntBE(Number(number), 0, type.size);
  else cell.writeIntBE(Number(number), 0, type.size);
  return cell;
}
