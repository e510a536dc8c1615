import type { CommandSource } from '../../contract/index.ts';

/** What a command printed, read. */
export interface CommandSecret {
  readonly secret: string;
  /** Milliseconds since the epoch; null when the output does not tell. */
  readonly expiresAt: number | null;
}

/** Numbers from here on are milliseconds: as seconds they would be in the year 5138. */
const firstMilliseconds = 1e11;

/**
 * Reads the output of a credential command: the whole of it less the last line break, or fields of a JSON object. Throws an
 * Error that completes "the command gave none: …" and holds nothing of the output.
 */
export function readCommandOutput(
  output: string,
  { field, expiryField }: Pick<CommandSource, 'field' | 'expiryField'>,
): CommandSecret {
  if (field === undefined) return { secret: present(output.replace(/\r?\n$/, '')), expiresAt: null };
  const answer = parsed(output);
  const secret = valueAt(answer, field);
  if (typeof secret !== 'string') throw new Error(`its output has no text in the field "${field}"`);
  const expiresAt = expiryField === undefined ? null : instantOf(valueAt(answer, expiryField));
  if (Number.isNaN(expiresAt)) {
    throw new Error(
      `the field "${expiryField}" of its output is no time: seconds since the epoch, or ISO 8601 with an offset`,
    );
  }
  return { secret: present(secret), expiresAt };
}

function present(secret: string): string {
  if (secret === '') throw new Error('it printed nothing');
  return secret;
}

/** V8's own message quotes the text, so it is not handed on. */
function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new Error('its output is not JSON');
  }
}

const valueAt = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    return Object.getOwnPropertyDescriptor(at, name)?.value;
  }, value);

/** Milliseconds since the epoch; NaN for what is no time, a local one without an offset among it. */
function instantOf(value: unknown): number {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))) {
    const number = Number(value);
    return number < firstMilliseconds ? number * 1000 : number;
  }
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
  return typeof value === 'string' && iso.test(value) ? Date.parse(value.replace(' ', 'T')) : Number.NaN;
}
