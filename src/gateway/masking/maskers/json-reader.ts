import { ascii, isDigit } from './bytes.ts';

/** Thrown inside when a text is no JSON, or nested too deeply; whoever reads masks the value whole. */
export class NotJson extends Error {}

/** PostgreSQL allows more (its stack is the limit); a value nested deeper is masked whole. */
export const maxDepth = 500;

/** Reads JSON (RFC 8259) where it lies: tokens are ranges of bytes, and nothing is decoded that nobody asks for. */
export class JsonReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next byte that is no white space; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    let byte = bytes[this.at];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.at];
    return byte ?? 0;
  }

  /** Steps over one byte that must be there. */
  expect(byte: number): void {
    if (this.peek() !== byte) throw new NotJson();
    this.at++;
  }

  /** Steps over a string; true when it has escapes. Its content lies between `at + 1` before and `at - 1` behind. */
  string(): boolean {
    const { bytes } = this;
    if (bytes[this.at] !== ascii.quote) throw new NotJson();
    let escaped = false;
    for (let at = this.at + 1; ; at++) {
      const byte = bytes[at];
      if (byte === ascii.quote) {
        this.at = at + 1;
        return escaped;
      }
      if (byte === undefined || byte < 0x20) throw new NotJson();
      if (byte === ascii.backslash) {
        escaped = true;
        at++;
        if (bytes[at] === 0x75) {
          for (const end = at + 4; at < end; at++) if (!isHexDigit(bytes[at + 1] ?? 0)) throw new NotJson();
        } else if (!escapes.has(bytes[at] ?? 0)) throw new NotJson();
      }
    }
  }

  /** Steps over a number. */
  number(): void {
    if (this.bytes[this.at] === ascii.minus) this.at++;
    if (this.bytes[this.at] === ascii.zero) this.at++;
    else this.#digits();
    if (this.bytes[this.at] === ascii.point) {
      this.at++;
      this.#digits();
    }
    if (((this.bytes[this.at] ?? 0) | 0x20) === 0x65) {
      this.at++;
      if (this.bytes[this.at] === 0x2b || this.bytes[this.at] === ascii.minus) this.at++;
      this.#digits();
    }
  }

  /** Steps over `true`, `false` or `null`; true when it is `null`. */
  word(): boolean {
    for (const word of words) {
      if (this.bytes.compare(word, 0, word.length, this.at, Math.min(this.at + word.length, this.bytes.length)) === 0) {
        this.at += word.length;
        return word === nullWord;
      }
    }
    throw new NotJson();
  }

  /** Steps over any value. */
  skip(depth: number): void {
    const first = this.peek();
    if (first === ascii.quote) this.string();
    else if (first === ascii.openBrace || first === ascii.openBracket) {
      this.members(depth, (inner) => this.skip(inner));
    } else if (first === ascii.minus || isDigit(first)) this.number();
    else this.word();
  }

  /**
   * Steps over an object or array and calls `member` at each value, with its depth, its place in an array (-1 in an object)
   * and the range of its name's content in an object.
   */
  members(
    depth: number,
    member: (depth: number, index: number, nameStart: number, nameEnd: number, escaped: boolean) => void,
  ): void {
    if (depth >= maxDepth) throw new NotJson();
    const array = this.bytes[this.at] === ascii.openBracket;
    const close = array ? ascii.closeBracket : ascii.closeBrace;
    this.at++;
    if (this.peek() === close) {
      this.at++;
      return;
    }
    for (let index = 0; ; index++) {
      if (array) member(depth + 1, index, 0, 0, false);
      else {
        this.peek();
        const start = this.at + 1;
        const escaped = this.string();
        const end = this.at - 1;
        this.expect(0x3a);
        member(depth + 1, -1, start, end, escaped);
      }
      if (this.peek() === close) {
        this.at++;
        return;
      }
      this.expect(ascii.comma);
    }
  }

  #digits(): void {
    const start = this.at;
    while (isDigit(this.bytes[this.at] ?? 0)) this.at++;
    if (this.at === start) throw new NotJson();
  }
}

/** What may follow a backslash, besides `u` and four digits. */
const escapes = new Set(Buffer.from('"\\/bfnrt'));

const isHexDigit = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

const nullWord = Buffer.from('null');
const words = [Buffer.from('true'), Buffer.from('false'), nullWord];

/** The text between the quotes of a string without its escapes, as UTF-8. Throws NotJson for an escape that is none. */
export function unescaped(bytes: Buffer, start: number, end: number): Buffer {
  let text: unknown;
  try {
    text = JSON.parse(bytes.toString('utf8', start - 1, end + 1));
  } catch {
    throw new NotJson();
  }
  return Buffer.from(String(text), 'utf8');
}
