import type { DetectorName, Environment, MaskRule } from '../../contract/index.ts';
import { matcherOf } from '../policy/own/patterns.ts';
import { tagsOf } from './tags.ts';

/** A rule's name pattern as a test: `*` is any run of characters, case does not matter (a rule then covers both spellings). */
export function namePattern(pattern: string): (name: string) => boolean {
  const source = pattern
    .toLowerCase()
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name.toLowerCase());
}

/** What a rule looks at in a relation and in one of its columns. A catalog's own objects are such. */
export interface RelationFacts {
  readonly schema: string;
  readonly name: string;
}
export interface ColumnFacts {
  readonly name: string;
  /** Its comment in the catalog, where tags are. */
  readonly comment?: string | null;
  /** Detectors that recognised values in it. */
  readonly detected?: readonly DetectorName[];
}

/** A rule as a test of columns: all that it says must fit. */
export function columnMatcher(rule: MaskRule): (relation: RelationFacts, column: ColumnFacts) => boolean {
  const schema = namePattern(rule.schema);
  const table = namePattern(rule.table);
  const name = namePattern(rule.column);
  const { tag, detector } = rule;
  // Callers go through the columns of one relation after the other.
  let last: { readonly relation: RelationFacts; readonly fits: boolean } | null = null;
  return (relation, column) => {
    if (last?.relation !== relation) last = { relation, fits: schema(relation.schema) && table(relation.name) };
    return (
      last.fits &&
      name(column.name) &&
      (tag === undefined || tagsOf(column.comment).includes(tag)) &&
      (detector === undefined || column.detected?.includes(detector) === true)
    );
  };
}

/** The first rule, in their order, that fits a column; null when none does. */
export function ruleFor(rules: readonly MaskRule[], relation: RelationFacts, column: ColumnFacts): MaskRule | null {
  return rules.find((rule) => columnMatcher(rule)(relation, column)) ?? null;
}

/** For the catalog tree: the id of the rule that masks a column by name, or null. */
export function maskedBy(rules: readonly MaskRule[], schema: string, table: string, column: string): string | null {
  return ruleFor(rules, { schema, name: table }, { name: column })?.id ?? null;
}

/** Who gets the rows, as far as a rule's exceptions ask. */
export interface MaskSubject {
  readonly subject: string;
  readonly agent: string;
  readonly groups: readonly string[];
  readonly environment: Environment;
}

/** False when the rule excepts this subject: one fitting exception is enough. Names compare exactly, but for `*` and `?`. */
export function ruleApplies({ except }: Pick<MaskRule, 'except'>, who: MaskSubject): boolean {
  if (except === undefined) return true;
  const { subjects, agents, groups, environments } = except;
  if (environments?.includes(who.environment) === true) return false;
  if (subjects !== undefined && matcherOf(subjects)(who.subject)) return false;
  if (agents !== undefined && matcherOf(agents)(who.agent)) return false;
  return groups === undefined || !who.groups.some(matcherOf(groups));
}
