import type { SealChange } from '../../contract/index.ts';
import { stripComments } from '../strip-comments.ts';
import type { Found } from './place.ts';
import type { SealBody } from './seal-file.ts';

/** Characters of a value that are shown. */
const shownLength = 2000;
/** Fields whose value stands for a secret: their fingerprint is shown. */
const secretField = /^(keyHash|hash)$/;

type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

/** What differs between what was sealed and what was found; everything was added where nothing was sealed. */
export function sealChanges(sealed: Pick<SealBody, 'texts' | 'digests'> | null, found: Found): SealChange[] {
  const texts = names(sealed?.texts, found.texts).flatMap((file) =>
    textChanges(file, sealed?.texts[file] ?? null, found.texts[file] ?? null),
  );
  // Without a sealed state there is nothing to compare digests with, and a digest alone tells a person nothing.
  if (sealed === null) return texts;
  const secrets = names(sealed.digests, found.digests).flatMap((file): SealChange[] =>
    differs(file, '', fingerprint(sealed.digests[file] ?? null), fingerprint(found.digests[file] ?? null)),
  );
  return [...texts, ...secrets];
}

function textChanges(file: string, before: string | null, after: string | null): SealChange[] {
  if (before === after) return [];
  const [old, current] = [read(before), read(after)];
  // What cannot be read as JSON is shown as the text it is.
  if (old === undefined || current === undefined) return differs(file, '', shorten(before), shorten(after));
  const changes = compare(file, '', old, current);
  if (changes.length > 0) return changes;
  if (before === null || after === null) return differs(file, '', shorten(before), shorten(after));
  const layout = 'white space, comments, the order of fields, or fields that are there twice';
  return [{ file, path: '', kind: 'changed', before: null, after: `Only the layout differs: ${layout}.` }];
}

function compare(file: string, path: string, before: Json | null, after: Json | null): SealChange[] {
  if (isList(before) && isList(after)) return compareLists(file, path, before, after);
  if (isRecord(before) && isRecord(after)) {
    return names(before, after).flatMap((field) => {
      const at = path === '' ? field : `${path}.${field}`;
      const [old, current] = [own(before, field), own(after, field)];
      return old === undefined || current === undefined
        ? single(file, at, field, old, current)
        : secretOr(file, at, field, old, current);
    });
  }
  return path === '' && before === null && isRecord(after)
    ? compare(file, '', {}, after)
    : path === '' && after === null && isRecord(before)
      ? compare(file, '', before, {})
      : differs(file, path, show(before), show(after));
}

/** Entries with a name or an id are matched by it, so that one more at the front is not a change of all of them. */
function compareLists(file: string, path: string, before: readonly Json[], after: readonly Json[]): SealChange[] {
  const [old, current] = [keyed(before), keyed(after)];
  if (old === null || current === null) return differs(file, path, show([...before]), show([...after]));
  const entries = names(Object.fromEntries(old), Object.fromEntries(current)).flatMap((key) => {
    const at = `${path}[${key}]`;
    const [one, other] = [old.get(key), current.get(key)];
    return one === undefined || other === undefined ? single(file, at, '', one, other) : compare(file, at, one, other);
  });
  const common = (keys: Iterable<string>, others: ReadonlyMap<string, Json>) =>
    [...keys].filter((key) => others.has(key)).join(', ');
  const [was, is] = [common(old.keys(), current), common(current.keys(), old)];
  return was === is
    ? entries
    : [...entries, { file, path: `${path} (order)`, kind: 'changed', before: was, after: is }];
}

function single(
  file: string,
  path: string,
  field: string,
  before: Json | undefined,
  after: Json | undefined,
): SealChange[] {
  const text = (value: Json | undefined) =>
    value === undefined ? null : secretField.test(field) ? masked(value) : show(value);
  return differs(file, path, text(before), text(after));
}

function secretOr(file: string, path: string, field: string, before: Json, after: Json): SealChange[] {
  if (!secretField.test(field)) return compare(file, path, before, after);
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ file, path, kind: 'changed', before: masked(before), after: masked(after) }];
}

function differs(file: string, path: string, before: string | null, after: string | null): SealChange[] {
  if (before === after) return [];
  const kind = before === null ? 'added' : after === null ? 'removed' : 'changed';
  return [{ file, path, kind, before, after }];
}

/** JSON with hashes as fingerprints, at most so long. */
function show(value: Json): string {
  return shorten(JSON.stringify(value, (field, inner) => (secretField.test(field) ? masked(inner) : inner))) ?? '';
}

const masked = (value: unknown): string =>
  `fingerprint ${String(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 8)}`;
const fingerprint = (digest: string | null): string | null =>
  digest === null ? null : `SHA-256 ${digest.slice(0, 16)}…`;

function shorten(text: string | null): string | null {
  return text === null || text.length <= shownLength
    ? text
    : `${text.slice(0, shownLength)}… (${text.length} characters)`;
}

/** Undefined when it is no JSON; null of no file. */
function read(text: string | null): Json | undefined {
  if (text === null) return null;
  try {
    return JSON.parse(stripComments(text)) as Json;
  } catch {
    return undefined;
  }
}

/** By name or id, in order; null when an entry has neither or two share one. */
function keyed(list: readonly Json[]): Map<string, Json> | null {
  const entries = list.map((item): [string, Json] | null => {
    const key = isRecord(item) ? (own(item, 'name') ?? own(item, 'id')) : undefined;
    return typeof key === 'string' ? [key, item] : null;
  });
  const known = entries.filter((entry) => entry !== null);
  const map = new Map(known);
  return map.size === list.length ? map : null;
}

const isList = (value: Json): value is Json[] => Array.isArray(value);
const isRecord = (value: Json): value is { [field: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (record: { readonly [field: string]: Json }, field: string): Json | undefined =>
  Object.hasOwn(record, field) ? record[field] : undefined;
const names = (one: object | null | undefined, other: object): string[] => [
  ...new Set([...Object.keys(one ?? {}), ...Object.keys(other)]),
];
