/**
 * numeric in binary format (numeric_send in numeric.c): int16 count of base-10000 digits, weight of the first, sign
 * (0, 0x4000 negative, 0xC000 NaN, 0xD000 +Infinity, 0xF000 -Infinity) and display scale; then the digits.
 */
export function decodeNumeric(value: Buffer): string | null {
  if (value.length < 8) return null;
  const count = value.readUInt16BE(0);
  const weight = value.readInt16BE(2);
  const sign = value.readUInt16BE(4);
  const scale = value.readUInt16BE(6);
  if (value.length !== 8 + count * 2) return null;
  if (sign !== 0 && sign !== 0x4000) return 'NaN';
  const group = (position: number): string =>
    position >= 0 && position < count ? String(value.readUInt16BE(8 + position * 2)).padStart(4, '0') : '0000';
  let whole = '';
  for (let power = weight; power >= 0; power--) whole += group(weight - power);
  let fraction = '';
  for (let power = -1; fraction.length < scale; power--) fraction += group(weight - power);
  const digits = `${whole.replace(/^0+/, '') || '0'}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`;
  return sign === 0 ? digits : `-${digits}`;
}

/** The binary form of a plain decimal such as `-12.50`; null when it is not one or is absurdly long. */
export function encodeNumeric(text: string): Buffer | null {
  const match = /^([+-]?)(\d{1,200})(?:\.(\d{0,200}))?$/.exec(text);
  if (match === null) return null;
  const fraction = match[3] ?? '';
  const integer = (match[2] ?? '').replace(/^0+/, '');
  const whole = integer.padStart(Math.ceil(integer.length / 4) * 4, '0');
  const digits = whole + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const groups = (digits.match(/\d{4}/g) ?? []).map(Number);
  const cell = Buffer.alloc(8 + groups.length * 2);
  cell.writeUInt16BE(groups.length, 0);
  cell.writeInt16BE(whole.length / 4 - 1, 2);
  cell.writeUInt16BE(match[1] === '-' && groups.some((digit) => digit !== 0) ? 0x4000 : 0, 4);
  cell.writeUInt16BE(fraction.length, 6);
  for (const [index, digit] of groups.entries()) cell.writeUInt16BE(digit, 8 + index * 2);
  return cell;
}

/** One spelling for equal numbers: no sign of zero, no trailing zeros. */
export function canonicalNumeric(text: string): string {
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}
