import { ascii } from '../maskers/bytes.ts';
import { copyShape } from '../masking-error.ts';
import { CellPlaces, type CopyCodec } from './codec.ts';
import type { CopyFormat } from './copy-format.ts';

const newline = 0x0a;
const nullMark = Buffer.from('\\N');
/** Letters behind a backslash that stand for a control character (manual, COPY, "Text Format"). */
const letters = new Map(
  Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }).map(([l, b]) => [l.charCodeAt(0), b]),
);
const letterOf = new Map([...letters].map(([letter, byte]) => [byte, letter]));

/** Format text, as CopyAttributeOutText of copyto.c writes it and COPY FROM reads it. */
export class TextCodec implements CopyCodec {
  readonly #delimiter: number;
  readonly cells = new CellPlaces();
  kind: 'row' | 'apart' = 'row';
  #header: boolean;
  /** `\.` came: nothing may follow. */
  #over = false;
  /** How far the piece was read, where its current cell begins, and whether that has escapes. */
  #read = 0;
  #cell = 0;
  #escaped = false;
  #complete = true;

  constructor({ delimiter, header }: Extract<CopyFormat, { kind: 'text' }>) {
    this.#delimiter = delimiter;
    this.#header = header;
  }

  read(bytes: Buffer, from: number): number {
    if (this.#over) throw copyShape();
    if (this.#complete) this.#begin();
    const { length } = bytes;
    for (let at = from + this.#read; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === ascii.backslash) {
        if (at + 1 === length) return this.#pause(at - from);
        this.#escaped = true;
        at += 1;
      } else if (byte === this.#delimiter) this.#endCell(at - from);
      else if (byte === newline) return this.#endRow(bytes, from, at);
    }
    return this.#pause(length - from);
  }

  value(bytes: Buffer, row: number, cell: number): Buffer | null {
    const written = bytes.subarray(row + this.cells.start(cell), row + this.cells.end(cell));
    if (!this.cells.marked(cell)) return written;
    return written.length === 2 && written.equals(nullMark) ? null : unescaped(written);
  }

  most(value: Buffer | null): number {
    return value === null ? nullMark.length : value.length * 2;
  }

  write(value: Buffer | null, _cell: number, target: Buffer, at: number): number {
    if (value === null) return at + nullMark.copy(target, at);
    let to = at;
    for (let index = 0; index < value.length; index += 1) {
      const byte = value[index] as number;
      const letter = byte < 0x20 ? letterOf.get(byte) : undefined;
      if (letter !== undefined || byte === ascii.backslash || byte === this.#delimiter) target[to++] = ascii.backslash;
      target[to++] = letter ?? byte;
    }
    return to;
  }

  #begin(): void {
    this.cells.clear();
    this.#read = 0;
    this.#cell = 0;
    this.#escaped = false;
    this.#complete = false;
  }

  #pause(at: number): number {
    this.#read = at;
    return -1;
  }

  #endCell(end: number): void {
    this.cells.add(this.#cell, end, this.#escaped);
    this.#cell = end + 1;
    this.#escaped = false;
  }

  #endRow(bytes: Buffer, from: number, at: number): number {
    this.#endCell(at - from);
    this.#complete = true;
    // No value is written so: the end marker of old protocols.
    this.#over = at - from === 2 && bytes.toString('latin1', from, at) === '\\.';
    this.kind = this.#header || this.#over ? 'apart' : 'row';
    this.#header = false;
    return at + 1;
  }
}

const octal = (byte: number | undefined): number =>
  byte !== undefined && byte >= 0x30 && byte <= 0x37 ? byte - 0x30 : -1;
const hex = (byte: number | undefined): number =>
  byte === undefined ? -1 : '0123456789abcdef'.indexOf(String.fromCharCode(byte | (byte > 0x40 ? 0x20 : 0)));

/** The value behind escapes, as COPY FROM reads them (CopyReadAttributesText); the server itself writes no numbers. */
function unescaped(written: Buffer): Buffer {
  const value = Buffer.allocUnsafe(written.length);
  let to = 0;
  for (let at = 0; at < written.length; at += 1) {
    const byte = written[at] ?? 0;
    if (byte !== ascii.backslash) {
      value[to++] = byte;
      continue;
    }
    const next = written[++at] ?? 0;
    const first = next === 0x78 ? hex(written[at + 1]) : octal(next);
    if (first < 0) value[to++] = letters.get(next) ?? next;
    else {
      const [digit, base, most] = next === 0x78 ? ([hex, 16, 2] as const) : ([octal, 8, 3] as const);
      if (base === 16) at += 1;
      let number = first;
      for (let count = 1; count < most && digit(written[at + 1]) >= 0; count += 1) {
        at += 1;
        number = number * base + digit(written[at]);
      }
      value[to++] = number & 0xff;
    }
  }
  return value.subarray(0, to);
}
