import { type JsonPathMask, type JsonPathStep, parseJsonPath } from '../../../contract/index.ts';
import { type CellMask, type ColumnType, maskValue } from './column-type.ts';

/** How the values that one path leads to are masked. `string` gets the text itself, `number` the number as written. */
export interface JsonTarget {
  string(text: Buffer): Buffer | null;
  number(text: Buffer): Buffer | null;
  /** What stands for true and false, objects and arrays. */
  readonly boolean: Buffer;
  readonly container: Buffer;
}

/** A step of a path; `target` is set on the last one. */
export interface JsonState {
  readonly step: JsonPathStep;
  /** The name as UTF-8. */
  readonly name: Buffer | null;
  /** The state behind this one; itself never. */
  readonly next: JsonState | null;
  readonly target: JsonTarget | null;
}

/** The first states of all paths, in their order. */
export type JsonProgram = readonly JsonState[];

const textOid = 25;
const numericOid = 1700;
const nullWord = Buffer.from('null');

/** Compiles paths; `maskOf` makes a mask for a type. A path that cannot be read is the contract's to refuse: it throws here. */
export function jsonProgram(
  paths: readonly JsonPathMask[],
  maskOf: (masker: JsonPathMask['masker'], type: ColumnType) => CellMask,
): JsonProgram {
  return paths.map(({ path, masker }) => {
    const steps = parseJsonPath(path);
    if (steps === null) throw new RangeError(`${path} is no path into a JSON value.`);
    const type = (typeOid: number): ColumnType => ({ typeOid, typeModifier: -1, format: 0, typeName: null });
    const string = maskOf(masker, type(textOid));
    const number = maskOf(masker, type(numericOid));
    const nothing = masker.kind === 'null';
    const fixed = masker.kind === 'fixed' && /^(?:true|false)$/.test(masker.value) ? masker.value : 'false';
    const target: JsonTarget = {
      string: (text) => maskValue(string, text),
      number: (text) => jsonNumber(maskValue(number, text)),
      boolean: nothing ? nullWord : Buffer.from(fixed),
      container: nothing ? nullWord : Buffer.from('"***"'),
    };
    return stateOf(steps, target);
  });
}

/** `+7` and `007` are numbers for PostgreSQL, and a fixed value may be written so; for JSON they are none. */
const jsonNumber = (number: Buffer | null): Buffer | null =>
  number === null || /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(number.toString('latin1')) ? number : zero;
const zero = Buffer.from('0');

function stateOf([step, ...rest]: readonly JsonPathStep[], target: JsonTarget): JsonState {
  if (step === undefined) throw new RangeError('A path has at least one step.');
  const name = step.name === null ? null : Buffer.from(step.name, 'utf8');
  return rest.length === 0
    ? { step, name, next: null, target }
    : { step, name, next: stateOf(rest, target), target: null };
}
