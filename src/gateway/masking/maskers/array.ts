import { ByteWriter } from './byte-writer.ts';
import { ascii, isSpace } from './bytes.ts';
import { type CellMask, type ColumnType, otherType } from './column-type.ts';
import { fullMask } from './full.ts';
import { familyOf } from './type-families.ts';

/**
 * Masks an array element by element: dimensions, bounds and NULLs stay. `elementMask` makes the mask of the elements' type.
 * Where that is the same for every element nothing is left to say, and the array is masked whole (`{}`), as is one that
 * cannot be read. Null when the type is no array.
 */
export function arrayMask(type: ColumnType, elementMask: (element: ColumnType) => CellMask): CellMask | null {
  const family = familyOf(type);
  if (family.family !== 'array') return null;
  const whole = fullMask(type);
  if (family.element === null || whole.constant === undefined) return whole;
  const element = elementMask(otherType(type, family.element, type.typeModifier));
  if (element.constant !== undefined) return whole;
  const { mask } = element;
  const empty = whole.constant;
  const elementOid = family.element;
  const writer = new ByteWriter();
  if (type.format === 0) return { mask: (value) => textArray(value, mask, writer) ?? empty };
  return { mask: (value) => binaryArray(value, elementOid, mask, writer) ?? empty };
}

type ElementMask = (value: Buffer) => Buffer | null;

const maxDimensions = 6;
const nullElement = Buffer.from('NULL');

/** array_out of arrayfuncs.c: `[0:1]={a,"b c",NULL}`. Types whose delimiter is no comma (box) have one mask for all elements. */
function textArray(value: Buffer, mask: ElementMask, writer: ByteWriter): Buffer | null {
  writer.reset();
  let at = 0;
  if (value[0] === 0x5b) {
    at = value.indexOf(0x3d) + 1;
    if (at === 0 || !/^(?:\[-?\d+:-?\d+\])+=$/.test(value.toString('latin1', 0, at))) return null;
    writer.bytes(value, 0, at);
  }
  let depth = 0;
  // After an element or a closing brace a comma or a closing brace must follow, else something that opens or is a value.
  let complete = false;
  while (at < value.length) {
    const byte = value[at];
    if (byte === ascii.openBrace && !complete && ++depth <= maxDimensions) {
      writer.byte(byte);
      at++;
    } else if (byte === ascii.closeBrace && depth > 0) {
      writer.byte(byte);
      at++;
      depth--;
      complete = true;
      if (depth === 0) return at === value.length ? writer.finish() : null;
    } else if (byte === ascii.comma && complete) {
      writer.byte(byte);
      at++;
      complete = false;
    } else if (depth > 0 && !complete) {
      const end = byte === ascii.quote ? quotedEnd(value, at) : bareEnd(value, at);
      if (end <= at) return null;
      writeTextElement(writer, value.subarray(at, end), mask);
      at = end;
      complete = true;
    } else return null;
  }
  return null;
}

function quotedEnd(value: Buffer, start: number): number {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === ascii.backslash) at++;
    else if (value[at] === ascii.quote) return at + 1;
  }
  return -1;
}

function bareEnd(value: Buffer, start: number): number {
  let at = start;
  for (; at < value.length; at++) {
    const byte = value[at];
    if (byte === ascii.comma || byte === ascii.closeBrace) return at;
    if (byte === ascii.openBrace || byte === ascii.quote || byte === ascii.backslash) return -1;
  }
  return -1;
}

function writeTextElement(writer: ByteWriter, written: Buffer, mask: ElementMask): void {
  if (written[0] !== ascii.quote && isNullWord(written)) {
    writer.bytes(nullElement);
    return;
  }
  const masked = mask(written[0] === ascii.quote ? unquoted(written) : written);
  if (masked === null) writer.bytes(nullElement);
  else if (!needsQuotes(masked)) writer.bytes(masked);
  else {
    writer.byte(ascii.quote);
    for (const byte of masked) {
      if (byte === ascii.quote || byte === ascii.backslash) writer.byte(ascii.backslash);
      writer.byte(byte);
    }
    writer.byte(ascii.quote);
  }
}

/** Without the quotes around it and the backslashes in it. */
function unquoted(written: Buffer): Buffer {
  const inner = written.subarray(1, -1);
  if (!inner.includes(ascii.backslash)) return inner;
  const bytes = Buffer.allocUnsafe(inner.length);
  let to = 0;
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === ascii.backslash) at++;
    bytes[to++] = inner[at] ?? 0;
  }
  return bytes.subarray(0, to);
}

const isNullWord = (bytes: Buffer): boolean => bytes.length === 4 && bytes.toString('latin1').toUpperCase() === 'NULL';

function needsQuotes(bytes: Buffer): boolean {
  if (bytes.length === 0 || isNullWord(bytes)) return true;
  for (const byte of bytes) {
    if (
      isSpace(byte) ||
      byte === ascii.quote ||
      byte === ascii.backslash ||
      byte === ascii.comma ||
      byte === ascii.openBrace ||
      byte === ascii.closeBrace
    )
      return true;
  }
  return false;
}

/**
 * array_send of arrayfuncs.c: dimensions, 1 when there are NULLs, element type; size and lower bound of each dimension;
 * then length (-1 for NULL) and bytes of each element.
 */
function binaryArray(value: Buffer, elementOid: number, mask: ElementMask, writer: ByteWriter): Buffer | null {
  if (value.length < 12 || value.readUInt32BE(8) !== elementOid) return null;
  const dimensions = value.readInt32BE(0);
  const start = 12 + dimensions * 8;
  if (dimensions < 0 || dimensions > maxDimensions || value.length < start) return null;
  writer.reset();
  writer.bytes(value, 0, start);
  let at = start;
  while (at < value.length) {
    const length = at + 4 <= value.length ? value.readInt32BE(at) : -2;
    at += 4;
    if (length < -1 || at + length > value.length) return null;
    const masked = length === -1 ? null : mask(value.subarray(at, at + length));
    writer.int32(masked === null ? -1 : masked.length);
    if (masked === null) writer.patch(7, 1);
    else writer.bytes(masked);
    at += Math.max(length, 0);
  }
  return writer.finish();
}
