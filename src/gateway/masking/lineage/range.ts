import { clean, computed, either, type Lineage, unknown } from './lineage.ts';

/** A column of a query's result, or of something in its FROM. */
export interface Column {
  /** Null where it cannot be told. */
  readonly name: string | null;
  readonly lineage: Lineage;
  /** It stands for any number of columns, none included: what a function returns, `(row).*`. */
  readonly many?: true;
  /** It has as many rows as a function or a recursion makes, which may be any number. */
  readonly generated?: true;
}

/** Something that a FROM clause brings in sight under a name. */
export interface RangeEntry {
  readonly name: string | null;
  /** Schemas that a relation may be of which goes by its own name: `public.users.email` reaches it through any of them. */
  readonly schemas: readonly string[];
  readonly columns: readonly Column[];
  /** What columns that are not listed are made from; null when all are listed. */
  readonly rest: Lineage | null;
}

/** What one FROM clause brings in sight. Names that are not found in it are looked for in the query around it. */
export interface Level {
  readonly entries: readonly RangeEntry[];
  /** Columns of JOIN … USING and NATURAL joins, which without a qualifier are those of both sides. */
  readonly merged: ReadonlyMap<string, Lineage>;
  /** What `*` stands for, in its order. */
  readonly star: readonly Column[];
}

export const emptyLevel: Level = { entries: [], merged: new Map(), star: [] };

const systemColumns = new Set(['ctid', 'tableoid', 'xmin', 'xmax', 'cmin', 'cmax']);

/** The same columns, of rows that something makes. */
export const generatedRows = (columns: readonly Column[]): readonly Column[] =>
  columns.map((column) => ({ ...column, generated: true }));

export const isGenerated = (columns: readonly Column[]): boolean => columns.some(({ generated }) => generated === true);

/** A row as a whole. */
export const wholeRow = ({ columns, rest }: RangeEntry): Lineage =>
  computed([...columns.map(({ lineage }) => lineage), ...(rest === null ? [] : [rest])]);

/** What a reference turns out to be: a value, the call of a function with a row (`u.label` is `label(u)`), or nothing in sight. */
export type Reference =
  | { readonly kind: 'value'; readonly lineage: Lineage }
  | { readonly kind: 'unresolved' }
  | { readonly kind: 'call'; readonly function: string; readonly row: Lineage };

const value = (lineage: Lineage): Reference => ({ kind: 'value', lineage });

/** Resolves a column reference (manual, 4.2.1) in these levels, the innermost first. */
export function resolve(names: readonly string[], levels: readonly Level[]): Reference {
  const last = names.at(-1) ?? '';
  const qualifier = names.at(-2);
  if (qualifier === undefined) {
    const lineage = unqualified(last, levels);
    return lineage === null ? { kind: 'unresolved' } : value(lineage);
  }
  const entry = entryNamed(qualifier, names.at(-3) ?? null, levels);
  if (entry === null) return { kind: 'unresolved' };
  const found = entry.columns.filter(({ name }) => name === last).map(({ lineage }) => lineage);
  if (found.length > 0) return value(either(found));
  if (systemColumns.has(last) && entry.rest === null) return value(clean);
  return { kind: 'call', function: last, row: wholeRow(entry) };
}

/** What `*` or `qualifier.*` stands for. */
export function starOf(names: readonly string[], levels: readonly Level[]): readonly Column[] {
  const qualifier = names.at(-1);
  if (qualifier === undefined) return levels[0]?.star ?? [];
  const entry = entryNamed(qualifier, names.at(-2) ?? null, levels);
  return entry === null ? [{ name: null, lineage: unknown, many: true }] : columnsOf(entry);
}

/** All columns of an entry, those that are not listed as one that stands for many. */
export const columnsOf = ({ columns, rest }: RangeEntry): readonly Column[] =>
  rest === null ? columns : [...columns, { name: null, lineage: rest, many: true }];

function entryNamed(name: string, schema: string | null, levels: readonly Level[]): RangeEntry | null {
  if (schema !== null) {
    // Of which schema one is that does not say so is known when it runs: it may be that of the query around.
    const found = levels.flatMap(({ entries }) =>
      entries.filter((entry) => entry.name === name && entry.schemas.includes(schema)),
    );
    return found.length === 0 ? null : mergedEntry(found);
  }
  for (const { entries } of levels) {
    const found = entries.filter((entry) => entry.name === name);
    const [only, ...others] = found;
    if (only === undefined) continue;
    // The server takes no two of one name in one FROM; whichever is meant, both count.
    return others.length === 0 ? only : mergedEntry(found);
  }
  return null;
}

const mergedEntry = (entries: readonly RangeEntry[]): RangeEntry => ({
  name: entries[0]?.name ?? null,
  schemas: [],
  columns: entries.flatMap(({ columns }) => columns),
  rest: either(entries.flatMap(({ rest }) => (rest === null ? [] : [rest]))),
});

/** Null when no column of this name can be in sight. */
function unqualified(name: string, levels: readonly Level[]): Lineage | null {
  // An entry that does not list its columns may have one of this name, and then it is meant.
  const possible: Lineage[] = [];
  for (const { entries, merged } of levels) {
    const common = merged.get(name);
    const found =
      common === undefined
        ? entries.flatMap(({ columns }) => columns.filter((column) => column.name === name))
        : [{ lineage: common }];
    for (const { rest } of entries) if (rest !== null) possible.push(rest);
    if (found.length > 0) return either([...found.map(({ lineage }) => lineage), ...possible]);
    // One whose name we cannot tell may be meant as well, before any of the query around.
    for (const { columns } of entries)
      for (const column of columns) if (column.name === null) possible.push(column.lineage);
  }
  if (systemColumns.has(name) && levels.some(({ entries }) => entries.length > 0)) return either(possible);
  const row = entryNamed(name, null, levels);
  if (row !== null) return computed([wholeRow(row), ...possible]);
  return possible.length > 0 ? either(possible) : null;
}

/** Whether a name without a qualifier is that of a whole row. */
export const namesRow = (name: string, levels: readonly Level[]): boolean =>
  levels.some(({ entries }) => entries.some((entry) => entry.name === name)) &&
  !levels.some(({ entries, merged }) => merged.has(name) || entries.some((entry) => mayHave(entry, name)));

const mayHave = ({ columns, rest }: RangeEntry, name: string): boolean =>
  rest !== null || columns.some((column) => column.name === name || column.name === null);

/**
 * The column at a place of a result that has `total` columns; null when the two cannot be matched. Between columns that
 * stand for many, whichever it may be counts.
 */
export function columnAt(columns: readonly Column[], place: number, total: number): Column | null {
  const first = columns.findIndex(({ many }) => many === true);
  if (first < 0) return columns.length === total ? (columns[place] ?? null) : null;
  if (total < columns.filter(({ many }) => many !== true).length) return null;
  if (place < first) return columns[place] ?? null;
  const last = columns.findLastIndex(({ many }) => many === true);
  const behind = columns.length - 1 - last;
  if (place >= total - behind) return columns[columns.length - (total - place)] ?? null;
  return { name: null, lineage: either(columns.slice(first, last + 1).map(({ lineage }) => lineage)) };
}

/** The columns under other names (`AS t(a, b)`): the first ones are renamed, the rest keep theirs. */
export function renamed(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  if (names.length === 0) return columns;
  const exact = columns.findIndex(({ many }) => many === true);
  if (exact >= 0 && exact < names.length) {
    // Which of them gets which name cannot be told any more.
    const any = either(columns.map(({ lineage }) => lineage));
    return [...names.map((name) => ({ name, lineage: any })), { name: null, lineage: any, many: true }];
  }
  return columns.map((column, place) => ({ ...column, name: names[place] ?? column.name }));
}
