import type { JsonPathMask } from '../../../contract/index.ts';
import { ByteWriter } from './byte-writer.ts';
import { ascii, isDigit } from './bytes.ts';
import type { CellMask, ColumnType } from './column-type.ts';
import { fullMask } from './full.ts';
import { type JsonProgram, type JsonState, type JsonTarget, jsonProgram } from './json-program.ts';
import { JsonReader, NotJson, unescaped } from './json-reader.ts';
import { familyOf } from './type-families.ts';

/**
 * Masks the values inside json and jsonb that paths lead to; everything else keeps its very bytes: numbers of any size,
 * white space, escapes, members named twice (each of them is masked). A path that leads to an object or an array has all of
 * it masked. A value that is no JSON is masked whole, as are columns of other types.
 */
export function jsonMask(
  type: ColumnType,
  paths: readonly JsonPathMask[],
  maskOf: (masker: JsonPathMask['masker'], type: ColumnType) => CellMask,
): CellMask {
  const family = familyOf(type);
  const whole = fullMask(type);
  if (family.family !== 'json' || whole.constant === undefined) return whole;
  const program = jsonProgram(paths, maskOf);
  const versioned = family.versioned && type.format === 1;
  // jsonpath has the same form as jsonb in binary and is no JSON.
  return {
    mask: (value) => {
      if (versioned && value[0] !== 1) return whole.constant;
      return rewriteJson(value, versioned ? 1 : 0, program) ?? whole.constant;
    },
  };
}

const writer = new ByteWriter();

/** The value with what the program's paths lead to masked; the same Buffer when they lead nowhere, null when it is no JSON. */
export function rewriteJson(value: Buffer, start: number, program: JsonProgram): Buffer | null {
  writer.reset();
  const rewriter = new Rewriter(value, start, writer);
  try {
    return rewriter.document(program);
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

const none: JsonProgram = [];

class Rewriter {
  readonly #reader: JsonReader;
  readonly #writer: ByteWriter;
  /** Up to here the value has been copied or replaced. */
  #copied = 0;

  constructor(value: Buffer, start: number, output: ByteWriter) {
    this.#reader = new JsonReader(value, start);
    this.#writer = output;
  }

  document(program: JsonProgram): Buffer {
    const reader = this.#reader;
    this.#value(0, program);
    if (reader.peek() !== 0 || reader.at !== reader.bytes.length) throw new NotJson();
    if (this.#copied === 0) return reader.bytes;
    this.#writer.bytes(reader.bytes, this.#copied);
    return this.#writer.finish();
  }

  /** Steps over a value; what `states` lead to inside of it is masked. */
  #value(depth: number, states: JsonProgram): void {
    const reader = this.#reader;
    if (states.length === 0 || !isContainer(reader.peek())) {
      reader.skip(depth);
      return;
    }
    reader.members(depth, (inner, index, nameStart, nameEnd, escaped) => {
      const name = escaped ? unescaped(reader.bytes, nameStart, nameEnd) : reader.bytes;
      const place: Place = { index, name, start: escaped ? 0 : nameStart, end: escaped ? name.length : nameEnd };
      const target = targetAt(states, place);
      if (target !== null) this.#replace(inner, target);
      else this.#value(inner, isContainer(reader.peek()) ? statesBehind(states, place) : none);
    });
  }

  /** Steps over a value and puts its mask in its place. JSON's null stays. */
  #replace(depth: number, target: JsonTarget): void {
    const reader = this.#reader;
    const first = reader.peek();
    const { bytes, at: start } = reader;
    let masked: Buffer | null;
    if (first === ascii.quote) {
      const escaped = reader.string();
      const end = reader.at - 1;
      const text = escaped ? unescaped(bytes, start + 1, end) : bytes.subarray(start + 1, end);
      const replacement = target.string(text);
      masked = replacement === null ? nullWord : quoted(replacement);
    } else if (first === ascii.minus || isDigit(first)) {
      reader.number();
      masked = target.number(bytes.subarray(start, reader.at)) ?? nullWord;
    } else if (isContainer(first)) {
      reader.skip(depth);
      masked = target.container;
    } else masked = reader.word() ? null : target.boolean;
    if (masked === null) return;
    this.#writer.bytes(bytes, this.#copied, start);
    this.#writer.bytes(masked);
    this.#copied = reader.at;
  }
}

const nullWord = Buffer.from('null');

const isContainer = (first: number): boolean => first === ascii.openBrace || first === ascii.openBracket;

/** Where a value stands: an element of an array, or (`index` -1) the member of an object whose name is a range of bytes. */
interface Place {
  readonly index: number;
  readonly name: Buffer;
  readonly start: number;
  readonly end: number;
}

function matches({ step, name }: JsonState, place: Place): boolean {
  if (step.name === null && step.index === null) return true;
  if (place.index !== -1) return step.index === place.index;
  return name !== null && sameBytes(name, place.name, place.start, place.end);
}

/** What the first path that ends here says of the value; null when none does. */
function targetAt(states: JsonProgram, place: Place): JsonTarget | null {
  for (const state of states) if (state.target !== null && matches(state, place)) return state.target;
  return null;
}

/** Which states the members of the value are looked at with. */
function statesBehind(states: JsonProgram, place: Place): JsonProgram {
  const behind: JsonState[] = [];
  for (const state of states) {
    const matched = matches(state, place);
    if (matched && state.next !== null) behind.push(state.next);
    // A step with a name passes through arrays.
    if (state.step.deep || (place.index !== -1 && state.name !== null && !matched)) behind.push(state);
  }
  return behind;
}

function sameBytes(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name[index]) return false;
  return true;
}

/** A text as JSON writes it. Only quotes, backslashes and control characters need more than quotes around it. */
function quoted(text: Buffer): Buffer {
  for (const byte of text) {
    if (byte < 0x20 || byte === ascii.quote || byte === ascii.backslash)
      return Buffer.from(JSON.stringify(text.toString('utf8')), 'utf8');
  }
  const written = Buffer.allocUnsafe(text.length + 2);
  written[0] = ascii.quote;
  text.copy(written, 1);
  written[text.length + 1] = ascii.quote;
  return written;
}
