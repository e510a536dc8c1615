import type { SealChange } from '../../contract/index.ts';
import { stripComments } from '../strip-comments.ts';
import type { Found } from './place.ts';
import type { SealBody } from './seal-file.ts';

/** Characters of a value that are shown; that it is cut is said. */
const shownLength = 20_000;
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
  const secrets = names(sealed.digests, found.digests).flatMap((file) =>
    changeOf(file, '', sealed.digests[file] ?? undefined, found.digests[file] ?? undefined, digestShown),
  );
  return [...texts, ...secrets];
}

function textChanges(file: string, before: string | null, after: string | null): SealChange[] {
  if (before === after) return [];
  const [old, current] = [read(before), read(after)];
  // What cannot be read as JSON is shown as the text it is.
  if (old === undefined || current === undefined) return [asText(file, before, after)];
  const changes = compare(file, '', old ?? undefined, current ?? undefined);
  if (changes.length > 0) return changes;
  if (before === null || after === null) return [asText(file, before, after)];
  const layout = 'white space, comments, the order of fields, or fields that are there twice';
  return [{ file, path: '', kind: 'changed', before: null, after: `Only the layout differs: ${layout}.` }];
}

/** Undefined is what is not there. Records and lists of named entries are gone into, on one side alone too. */
function compare(file: string, path: string, before: Json | undefined, after: Json | undefined): SealChange[] {
  const [oldList, list] = [keyed(before), keyed(after)];
  if (oldList !== null && list !== null && oldList.size + list.size > 0) return compareLists(file, path, oldList, list);
  const whole = path === '' && (isRecord(before) || isRecord(after));
  if ((isRecord(before) && isRecord(after)) || whole) {
    const [old, current] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
    return names(old, current).flatMap((field) =>
      secretField.test(field)
        ? changeOf(file, join(path, field), own(old, field), own(current, field), masked)
        : compare(file, join(path, field), own(old, field), own(current, field)),
    );
  }
  return changeOf(file, path, before, after, show);
}

/** Entries are matched by name or id, so that one more at the front is not a change of all of them. */
function compareLists(
  file: string,
  path: string,
  before: ReadonlyMap<string, Json>,
  after: ReadonlyMap<string, Json>,
): SealChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const entries = keys.flatMap((key) => compare(file, `${path}[${key}]`, before.get(key), after.get(key)));
  const [was, is] = [common(before, after), common(after, before)];
  // Rules are asked in their order.
  return was === is
    ? entries
    : [...entries, { file, path: `${path} (order)`, kind: 'changed', before: was, after: is }];
}

const common = (one: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>): string =>
  [...one.keys()].filter((key) => other.has(key)).join(', ');

/** Values are compared whole and then shortened: two long ones that begin alike are no less different. */
function changeOf(
  file: string,
  path: string,
  before: Json | undefined,
  after: Json | undefined,
  shown: (value: Json) => string,
): SealChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const text = (value: Json | undefined): string | null => (value === undefined ? null : shown(value));
  return [{ file, path, kind: kindOf(before, after), before: text(before), after: text(after) }];
}

function asText(file: string, before: string | null, after: string | null): SealChange {
  const text = (value: string | null): string | null => (value === null ? null : shorten(value));
  const kind = kindOf(before ?? undefined, after ?? undefined);
  return { file, path: '', kind, before: text(before), after: text(after) };
}

const kindOf = (before: unknown, after: unknown): SealChange['kind'] =>
  before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';

/** JSON with hashes as fingerprints, at most so long. */
function show(value: Json): string {
  return shorten(JSON.stringify(value, (field, inner: Json) => (secretField.test(field) ? masked(inner) : inner)));
}

function masked(value: Json): string {
  return `fingerprint ${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 8)}`;
}

function shorten(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}… (${text.length} characters)`;
}

const join = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`);

/** Undefined when it is no JSON; null of no file. */
function read(text: string | null): Json | undefined {
  if (text === null) return null;
  try {
    return JSON.parse(stripComments(text)) as Json;
  } catch {
    return undefined;
  }
}

/** A list by name or id, in order; an empty one of nothing. Null when it is no list, or an entry has neither or shares one. */
function keyed(list: Json | undefined): Map<string, Json> | null {
  if (list === undefined) return new Map();
  if (!Array.isArray(list)) return null;
  const entries = list.map((item): [string, Json] | null => {
    const key = isRecord(item) ? (own(item, 'name') ?? own(item, 'id')) : undefined;
    return typeof key === 'string' ? [key, item] : null;
  });
  const map = new Map(entries.filter((entry) => entry !== null));
  return map.size === list.length ? map : null;
}

const digestShown = (digest: Json): string => `SHA-256 ${String(digest).slice(0, 16)}…`;
const isRecord = (value: Json | undefined): value is { [field: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (record: { readonly [field: string]: Json }, field: string): Json | undefined =>
  Object.hasOwn(record, field) ? record[field] : undefined;
const names = (one: object | null | undefined, other: object): string[] => [
  ...new Set([...Object.keys(one ?? {}), ...Object.keys(other)]),
];
