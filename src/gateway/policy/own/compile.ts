import type { EffectKind, PolicyRule, RuleMatch } from '../../../contract/index.ts';
import {
  type ParsedStatement,
  type PredicateQuality,
  qualifiedName,
  type RelationReference,
  takenFrom,
} from '../../sql/effects.ts';
import { conditions, neverImplied } from '../conditions.ts';
import { isSafeCall } from '../functions.ts';
import type { Rule } from '../rule.ts';
import type { PolicyInput } from '../types.ts';
import { matcherOf } from './patterns.ts';
import { inWindow } from './time-window.ts';

/** One rule of the operator, ready to be asked. */
export interface OwnRule extends Omit<Rule, 'applies'> {
  readonly source: PolicyRule;
  applies(statement: ParsedStatement, input: PolicyInput): string | null;
}

type Test = (statement: ParsedStatement, input: PolicyInput) => boolean;

/** Compiles a rule. It never throws: the contract's schema has checked it. */
export function compileRule(rule: PolicyRule): OwnRule {
  const allows = rule.verdict === 'allow';
  const tests = [...sessionTests(rule.when, allows), ...statementTests(rule.when, allows)];
  if (allows) tests.push(excusesNothingElse(rule.when));
  const validUntil = rule.validUntil === undefined ? Number.POSITIVE_INFINITY : Date.parse(rule.validUntil);
  return {
    source: rule,
    id: rule.id,
    title: rule.title ?? rule.reason,
    description: rule.reason,
    hint: rule.hint ?? null,
    applies: (statement, input) =>
      rule.disabled !== true && input.now < validUntil && tests.every((test) => test(statement, input))
        ? rule.reason
        : null,
  };
}

/** Who asks, where, and when. */
function sessionTests(when: RuleMatch, allows: boolean): Test[] {
  const tests: Test[] = [];
  const named = (patterns: readonly string[] | undefined, of: (input: PolicyInput) => readonly string[]): void => {
    if (patterns === undefined) return;
    const matches = matcherOf(patterns);
    tests.push((_, input) => of(input).some(matches));
  };
  named(when.agents, ({ agent }) => [agent]);
  named(when.subjects, ({ subject }) => [subject]);
  named(when.groups, ({ groups }) => groups);
  named(when.databases, ({ database }) => [database]);
  named(when.roles, ({ role }) => [role]);
  const { environments, transaction, time } = when;
  if (environments !== undefined) tests.push((_, { environment }) => environments.includes(environment));
  if (transaction !== undefined) {
    tests.push((_, input) => (input.transactionMoved ? !allows : transaction.includes(input.transaction)));
  }
  if (time !== undefined) tests.push((_, { now }) => inWindow(time, now));
  return tests;
}

/** Not proved either: who names `unproven` means all of it. */
const UNPROVEN: ReadonlySet<PredicateQuality> = new Set(['range', 'index']);

/** What the statement does. Any of it, or for rules that allow all of it, has to be listed. */
function statementTests(when: RuleMatch, allows: boolean): Test[] {
  const tests: Test[] = [];
  const listed = <T>(
    matches: ((one: T) => boolean) | undefined,
    of: (statement: ParsedStatement, input: PolicyInput) => readonly T[],
  ): void => {
    if (matches === undefined) return;
    tests.push((statement, input) => {
      const items = of(statement, input);
      return allows ? items.length > 0 && items.every(matches) : items.some(matches);
    });
  };
  const { effects, predicate, estimatedRows } = when;
  listed<EffectKind>(effects && ((kind) => effects.includes(kind)), ({ effects: { kinds } }) => kinds);
  // Whoever allows a table allows its partitions; whoever restrains one of these restrains statements that reach it.
  const counted = (relations: readonly RelationReference[]): readonly RelationReference[] =>
    allows ? relations.filter(({ via }) => via !== 'inheritance') : relations;
  listed(relationMatcher(when.relations, allows), ({ effects: { reads, writes } }) =>
    counted([...takenFrom(reads), ...writes]),
  );
  listed(relationMatcher(when.reads, allows), ({ effects: { reads } }) => counted(takenFrom(reads)));
  listed(relationMatcher(when.writes, allows), ({ effects: { writes } }) => counted(writes));
  listed(optional(when.functions), ({ effects: { functions } }) => functions.map(qualifiedName));
  listed(columnMatcher(when.columns, allows), (statement, input) => input.columns(statement));
  listed<PredicateQuality>(
    predicate &&
      ((quality) => predicate.includes(quality) || (predicate.includes('unproven') && UNPROVEN.has(quality))),
    ({ effects: { predicate: quality } }) => (quality === null ? [] : [quality]),
  );
  if (when.conditions !== undefined) {
    const wanted = when.conditions.map((id) => conditions[id]);
    tests.push((statement, input) => wanted.some((condition) => condition.applies(statement, input) !== null));
  }
  if (estimatedRows !== undefined) {
    const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = estimatedRows;
    tests.push((statement, input) => {
      const rows = largest(statement, input);
      // What is not known may be any number: it holds for a rule that restrains, and not for one that allows.
      return rows === null ? !allows : rows >= atLeast && rows <= atMost;
    });
  }
  return tests;
}

/** A rule that allows says nothing of what it does not name (see `neverImplied`). */
function excusesNothingElse(when: RuleMatch): Test {
  const callable = optional(when.functions);
  const readsListed = when.reads !== undefined || when.relations !== undefined;
  const others = neverImplied.filter(
    (id) =>
      when.conditions?.includes(id) !== true &&
      !(id === 'unknown-function' && callable !== undefined) &&
      !(id === 'write-from-query' && readsListed),
  );
  return (statement, input) => {
    if (others.some((id) => conditions[id].applies(statement, input) !== null)) return false;
    // Functions on the rule's list are excused; the others have to be safe by themselves.
    return (
      callable === undefined ||
      when.conditions?.includes('unknown-function') === true ||
      statement.effects.functions.every((one) => isSafeCall(one) || callable(qualifiedName(one)))
    );
  };
}

const optional = (patterns: readonly string[] | undefined) =>
  patterns === undefined ? undefined : matcherOf(patterns);

/** A relation whose schema nobody knows may be in any: so it is for a rule that restrains, and not for one that allows. */
function relationMatcher(patterns: readonly string[] | undefined, allows: boolean) {
  if (patterns === undefined) return undefined;
  const matches = matcherOf(patterns);
  const inAnySchema = matcherOf(patterns.map((pattern) => pattern.slice(pattern.lastIndexOf('.') + 1)));
  return (relation: RelationReference): boolean =>
    matches(qualifiedName(relation)) || (relation.schema === null && !allows && inAnySchema(relation.name));
}

/** `relation.*` stands for columns that nobody knows: they may be any of a restraining rule's, and are none of an allowing one's. */
function columnMatcher(patterns: readonly string[] | undefined, allows: boolean) {
  if (patterns === undefined) return undefined;
  const matches = matcherOf(patterns);
  const ofRelation = matcherOf(
    patterns.map((pattern) => pattern.slice(0, Math.max(pattern.lastIndexOf('.'), 0)) || '*'),
  );
  return (column: string): boolean => {
    if (!column.endsWith('.*')) return matches(column);
    const relation = column.slice(0, -2);
    return !allows && (ofRelation(relation) || !relation.includes('.'));
  };
}

function largest({ effects }: ParsedStatement, { estimatedRows }: PolicyInput): number | null {
  if (effects.writes.length === 0) return effects.insertedRows ?? null;
  const counts = effects.writes.map(estimatedRows);
  return counts.some((count) => count === null) ? null : Math.max(...counts.map((count) => count ?? 0));
}
