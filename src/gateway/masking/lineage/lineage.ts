import { isDeepStrictEqual } from 'node:util';
import { derived, type MaskedBy, smallGroup } from '../masked-catalog.ts';
import { isTold } from '../maskers/definition.ts';

/** What a value is made from, as far as masking cares. */
export interface Lineage {
  /** The masked columns among it, by their label (`users.email`), and how each is masked. */
  readonly sources: ReadonlyMap<string, MaskedBy>;
  /** It may be made from anything: a relation that nobody knows, a function that may read what it likes. */
  readonly unknown: boolean;
  /** It is a value of one of the sources as it stands there, not one computed from it: the column's own masker fits it. */
  readonly verbatim: boolean;
  /** It is a number of rows, or made from one. */
  readonly counts: boolean;
  /** Its text holds no quote that would change how definitions beside it are read: it is one itself, a name, or plain. */
  readonly readable?: true;
  /** It is a part of a masked value that may not be there, as a key of a document: that it is missing tells of the value. */
  readonly part?: true;
  /** It may be an array, or hold one: how many elements it has decides whether others can be put beside it. */
  readonly array?: true;
  /** How many values of ordinary length it may be as long as; one when absent. */
  readonly size?: number;
}

export const sizeOf = ({ size = 1 }: Lineage): number => size;

/** The same value, so many times as long. */
export const sized = (lineage: Lineage, size: number): Lineage =>
  size === sizeOf(lineage) ? lineage : { ...lineage, size };

/** A value as long as all of these together. */
export const totalSize = (parts: readonly Lineage[]): number =>
  Math.max(
    1,
    parts.reduce((sum, part) => sum + sizeOf(part), 0),
  );

/** Longer than this a value may be too long for the server, which is then told by its length. */
const longest = 1000;
export const isLong = (lineage: Lineage): boolean => sizeOf(lineage) > longest;

/** Nothing masked went into it. */
export const clean: Lineage = { sources: new Map(), unknown: false, verbatim: true, counts: false };

/** Nothing masked went into it, and it has no text, or one without a quote. */
export const plain: Lineage = { ...clean, readable: true };

/** A number of rows, which is not masked by itself. */
export const counted: Lineage = { ...clean, counts: true };

/** A plan, which tells how many rows pass through it; `by` masks what else it tells. */
export const planLineage = (by: MaskedBy | null): Lineage => ({
  sources: new Map(by === null ? [] : [['QUERY PLAN', by]]),
  unknown: false,
  verbatim: by !== null,
  counts: true,
});

/** Nobody knows what went into it. */
export const unknown: Lineage = { sources: new Map(), unknown: true, verbatim: false, counts: false };

/** A value of a masked column. `array`: it may be one, or hold one. */
export const columnLineage = (label: string, by: MaskedBy, array = false): Lineage => ({
  sources: new Map([[label, by]]),
  unknown: false,
  verbatim: true,
  counts: false,
  ...(isTold(by.masker) ? { readable: true } : {}),
  ...(array ? { array } : {}),
});

export const isClean = ({ sources, unknown: any }: Lineage): boolean => sources.size === 0 && !any;

/** One of several values, each as it stands: the arms of a UNION, the results of a CASE. */
export function either(parts: readonly Lineage[]): Lineage {
  return sized(eitherOf(parts), Math.max(1, ...parts.map(sizeOf)));
}

function eitherOf(parts: readonly Lineage[]): Lineage {
  const dirty = parts.filter((part) => !isClean(part));
  const counts = parts.filter((part) => part.counts);
  const [only, ...others] = dirty;
  const readable = parts.every((part) => part.readable === true);
  if (only === undefined) return counts.find(({ verbatim }) => !verbatim) ?? counts[0] ?? (readable ? plain : clean);
  if (others.length === 0 && counts.length === 0 && (readable || only.readable !== true)) return only;
  return {
    ...(readable ? { readable } : {}),
    ...(dirty.some(({ part }) => part === true) ? { part: true } : {}),
    ...(dirty.some(({ array }) => array === true) ? { array: true } : {}),
    sources: new Map(dirty.flatMap(({ sources }) => [...sources])),
    unknown: dirty.some((part) => part.unknown),
    verbatim: dirty.every(({ verbatim }) => verbatim),
    counts: counts.length > 0,
  };
}

/** A value computed from others. */
export function computed(parts: readonly Lineage[]): Lineage {
  const all = either(parts);
  if (isClean(all) && !all.counts) return sized(clean, sizeOf(all));
  const { readable: _, ...made } = all;
  return { ...made, verbatim: false };
}

/** It is made from texts of the catalogs, such as definitions, and from nothing else that is masked. */
const isCatalogTextOnly = ({ sources, unknown: any }: Lineage): boolean =>
  !any && sources.size > 0 && [...sources.values()].every(({ masker }) => isTold(masker));

/** Texts put together: constants of definitions can still be told in the result, unless what stands beside may hold a quote. */
export function joined(parts: readonly Lineage[]): Lineage {
  const all = either(parts);
  if (all.readable !== true) return computed(parts);
  return isCatalogTextOnly(all) || (isClean(all) && !all.counts) ? all : computed(parts);
}

/** Elements of an array: each is read by itself. */
export function elements(parts: readonly Lineage[]): Lineage {
  const all = either(parts);
  return isCatalogTextOnly(all) ? all : joined(parts);
}

/** A part of a value that may not be there. */
export const partOf = (lineage: Lineage): Lineage => (isClean(lineage) ? lineage : { ...lineage, part: true });

/** A value that is no array, whatever it was made from. */
export function scalar(lineage: Lineage): Lineage {
  const { array: _, ...rest } = lineage;
  return rest;
}

/** What a comparison tells, or whether there is a value at all: of definitions it may be told. */
export const told = (parts: readonly Lineage[]): Lineage =>
  isCatalogTextOnly(either(parts)) ? clean : computed(parts);

/**
 * How a value is to be masked; null when it may be shown. What is not a column's own value is masked whole. `small`: numbers of
 * few rows are hidden, because a masked column decided which rows these are.
 */
export function maskFor(lineage: Lineage, small = false): MaskedBy | null {
  if (small && lineage.counts) return isClean(lineage) && lineage.verbatim ? smallGroup : derived;
  if (isClean(lineage)) return null;
  if (lineage.unknown || !lineage.verbatim) return derived;
  const [first, ...others] = lineage.sources.values();
  if (first === undefined) return derived;
  return others.every(({ masker }) => isDeepStrictEqual(masker, first.masker)) ? first : derived;
}
