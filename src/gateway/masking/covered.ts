import type { MaskRule } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import type { DatabaseIdentity } from '../sql/database-identity.ts';
import { userColumns } from './review/user-columns.ts';
import { columnMatcher } from './rules.ts';

export type { DatabaseIdentity };

/** What a column is called. */
export interface ColumnPlace {
  readonly schema: string;
  readonly relation: string;
  readonly column: string;
}

/** A column that a rule covers, or covered until somebody gave it another name. */
export interface CoveredColumn {
  /** pg_class.oid and pg_attribute.attnum: these stay when names change. */
  readonly oid: number;
  readonly attributeNumber: number;
  /** Id of the rule. */
  readonly rule: string;
  /** What it was called when the rule fitted it last. */
  readonly was: ColumnPlace;
  /** What it is called since, where the rule does not fit it any more; null while it does. */
  readonly now: ColumnPlace | null;
  /** When that was seen first, milliseconds since the epoch. */
  readonly since: number | null;
}

/** A column that left its rule by another name, and is masked all the same. */
export type RenamedColumn = CoveredColumn & { readonly now: ColumnPlace };

/** What a look for renamed columns sees. */
export interface RenamedLook {
  /** The same array until it changes. */
  readonly columns: readonly RenamedColumn[];
  /** The catalog was older than one that was looked at before: these are the columns of then. */
  readonly stale: boolean;
}

/** A catalog, and of which moment it is. */
export interface CatalogAt {
  readonly catalog: CatalogSnapshot;
  readonly moment: number;
}

export const isRenamed = (covered: CoveredColumn): covered is RenamedColumn => covered.now !== null;

/** Nobody can give a column a name that such a rule does not fit. */
const fitsAllNames = ({ schema, table, column, detector }: MaskRule): boolean =>
  detector === undefined && [schema, table, column].every((pattern) => pattern === '*');

/**
 * Which columns of a database rules cover now, and which they covered `before` under another name. A column that is called as
 * before and that its rule does not fit was taken out of it by the operator. One that was dropped is forgotten, and so is one
 * that a rule for everybody fits under its new name. `seenAt` in milliseconds.
 */
export function coveredColumns(
  before: readonly CoveredColumn[],
  rules: readonly MaskRule[],
  catalog: CatalogSnapshot,
  seenAt: number,
): readonly CoveredColumn[] {
  const matchers = rules.map((rule) => ({ rule, matches: columnMatcher(rule), kept: !fitsAllNames(rule) }));
  const known = new Map<string, CoveredColumn[]>();
  for (const covered of before) known.set(keyOf(covered), [...(known.get(keyOf(covered)) ?? []), covered]);
  const covering = userColumns(catalog).flatMap(({ relation, column }) => {
    const { oid, schema, name } = relation;
    const { attributeNumber } = column;
    const place: ColumnPlace = { schema, relation: name, column: column.name };
    const fitting = matchers.filter(({ matches }) => matches(relation, column));
    const fits = fitting
      .filter(({ kept }) => kept)
      .map(({ rule }): CoveredColumn => ({ oid, attributeNumber, rule: rule.id, was: place, now: null, since: null }));
    const forEverybody = fitting.some(({ rule }) => rule.except === undefined);
    const left = forEverybody ? [] : (known.get(keyOf({ oid, attributeNumber })) ?? []);
    const renamed = left
      .filter(({ rule, was }) => !fits.some((fit) => fit.rule === rule) && !isSame(was, place))
      .map((covered): CoveredColumn => {
        const since = covered.now !== null && isSame(covered.now, place) ? covered.since : seenAt;
        return { ...covered, now: place, since };
      });
    return [...fits, ...renamed];
  });
  return covering.sort(
    (one, other) =>
      one.oid - other.oid || one.attributeNumber - other.attributeNumber || (one.rule < other.rule ? -1 : 1),
  );
}

/** Id in answers of what masks a column whose rule is no more. */
export const renamedRule = 'renamed';

/**
 * The rules of columns that left theirs by another name: as their rules say, whole where the rule is no more. In the order of
 * the rules, so that what excepts somebody comes before what holds for him.
 */
export function rulesOfRenamed(renamed: readonly RenamedColumn[], rules: readonly MaskRule[]): readonly MaskRule[] {
  const place = ({ rule }: RenamedColumn): number => {
    const at = rules.findIndex(({ id }) => id === rule);
    return at < 0 ? rules.length : at;
  };
  return [...renamed]
    .sort((one, other) => place(one) - place(other))
    .map((column): MaskRule => {
      const { schema, relation, column: name } = column.now;
      const names = { schema, table: relation, column: name };
      const rule = rules.find(({ id }) => id === column.rule);
      if (rule === undefined) return { id: renamedRule, ...names, masker: { kind: 'full' } };
      const { tag: _tag, detector: _detector, ...said } = rule;
      return { ...said, ...names };
    });
}

const keyOf = ({ oid, attributeNumber }: Pick<CoveredColumn, 'oid' | 'attributeNumber'>): string =>
  `${oid}.${attributeNumber}`;

const isSame = (one: ColumnPlace, other: ColumnPlace): boolean =>
  one.schema === other.schema && one.relation === other.relation && one.column === other.column;
