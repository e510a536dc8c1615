import type { EffectKind, Environment, PolicyPreset, PolicyRule, Verdict } from '../../contract/index.ts';
import { assertNever } from '../../contract/index.ts';
import type { ParsedStatement } from '../sql/effects.ts';
import { compileRule, type OwnRule } from './own/compile.ts';
import { shadowed } from './own/shadow.ts';
import type { Rule } from './rule.ts';
import { partNotUnderstood } from './rules/reads.ts';
import type { Judgement, Policy, PolicyInput, PolicyRuleView } from './types.ts';

/** A preset as it is written down: rules in the order in which they are asked, each with what follows from it. */
export interface PresetDefinition {
  readonly preset: PolicyPreset;
  readonly title: string;
  readonly description: string;
  /** For the fast-path FunctionCall message, which carries no SQL. */
  readonly functionCall: Verdict;
  /** For texts that were not parsed. */
  readonly notUnderstood: Verdict;
  readonly rules: readonly (readonly [verdict: Verdict, rule: Rule])[];
  /** For statements that no rule answers. */
  readonly otherwise: Verdict;
}

/** Verdicts by how much they hold back. */
export const SEVERITY: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, block: 2, terminate: 3 };

const FUNCTION_CALL = {
  id: 'function-call',
  title: 'Calls a function without SQL',
  description: 'The FunctionCall message names a function by its OID only; what it returns cannot be masked.',
} as const;

const OTHER = {
  id: 'other',
  title: 'Anything else',
  description: 'What no other rule answers.',
} as const;

/**
 * Makes a policy of a preset and the operator's own rules, which are asked before it. Judging is pure: the same input
 * always gives the same judgement.
 */
export function createPolicy(definition: PresetDefinition, rules: readonly PolicyRule[] = []): Policy {
  const own = rules.map(compileRule);
  const shadows = shadowed(rules);
  const byPreset = remembered((statement, environment) => answerOfPreset(definition, statement, environment));
  const shown = (verdict: Verdict, rule: { id: string; title: string; description: string }): PolicyRuleView => ({
    id: rule.id,
    title: rule.title,
    description: rule.description,
    verdict,
    origin: 'preset',
    shadowedBy: null,
  });
  return {
    preset: definition.preset,
    title: definition.title,
    description: definition.description,
    rules: [
      ...own.map(
        ({ id, title, description, source: { verdict } }, index): PolicyRuleView => ({
          id,
          title,
          description,
          verdict,
          origin: 'own',
          shadowedBy: shadows[index] ?? null,
        }),
      ),
      shown(definition.functionCall, FUNCTION_CALL),
      shown(definition.notUnderstood, partNotUnderstood),
      ...definition.rules.map(([verdict, rule]) => shown(verdict, rule)),
      shown(definition.otherwise, OTHER),
    ],
    judge: (input) => judge(definition, own, byPreset, input),
  };
}

type PresetAnswer = (statement: ParsedStatement, environment: Environment) => Judgement;

/** The parser hands out the same statements for the same text and catalog, so a preset's answer to one is worked out once. */
function remembered(answer: PresetAnswer): PresetAnswer {
  const known = new WeakMap<ParsedStatement, Partial<Record<Environment, Judgement>>>();
  return (statement, environment) => {
    const answers = known.get(statement) ?? {};
    const before = answers[environment];
    if (before !== undefined) return before;
    const judgement = answer(statement, environment);
    known.set(statement, { ...answers, [environment]: judgement });
    return judgement;
  };
}

function judge(
  definition: PresetDefinition,
  own: readonly OwnRule[],
  byPreset: PresetAnswer,
  input: PolicyInput,
): Judgement {
  if (input.protocol === 'function_call') {
    return (
      byOwnRule(own, opaque(['function_call', 'unknown']), input) ??
      answer(
        definition.functionCall,
        FUNCTION_CALL,
        'A FunctionCall message carries no SQL to judge.',
        'Send SELECT with the function instead.',
      )
    );
  }
  const { understanding } = input;
  switch (understanding.status) {
    case 'not_understood': {
      const reason =
        understanding.code === 'syntax'
          ? `PostgreSQL's grammar does not take it: ${understanding.reason}.`
          : understanding.reason;
      return (
        byOwnRule(own, opaque(['unknown']), input) ??
        answer(definition.notUnderstood, partNotUnderstood, reason, partNotUnderstood.hint)
      );
    }
    case 'understood':
      return worst(
        understanding.statements.map((statement, position) => {
          const judgement = byOwnRule(own, statement, input) ?? byPreset(statement, input.environment);
          return understanding.statements.length > 1 ? numbered(judgement, position + 1) : judgement;
        }),
      );
    default:
      return assertNever(understanding);
  }
}

function answerOfPreset(definition: PresetDefinition, statement: ParsedStatement, environment: Environment): Judgement {
  const place = { environment };
  const notKnown = partNotUnderstood.applies(statement, place);
  if (notKnown !== null) return answer(definition.notUnderstood, partNotUnderstood, notKnown, partNotUnderstood.hint);
  for (const [verdict, rule] of definition.rules) {
    const reason = rule.applies(statement, place);
    if (reason !== null) return answer(verdict, rule, reason, verdict === 'allow' ? null : rule.hint);
  }
  return answer(definition.otherwise, OTHER, 'No rule allows it.', 'The operator is asked about what no rule knows.');
}

function byOwnRule(own: readonly OwnRule[], statement: ParsedStatement, input: PolicyInput): Judgement | null {
  for (const rule of own) {
    const reason = rule.applies(statement, input);
    if (reason === null) continue;
    const { verdict, hold } = rule.source;
    const judgement = answer(verdict, rule, reason, verdict === 'allow' ? null : rule.hint);
    return hold === 'commit' ? { ...judgement, atCommit: true } : judgement;
  }
  return null;
}

/** Stands for what carries no text, or none that could be read. */
function opaque(kinds: readonly EffectKind[]): ParsedStatement {
  return {
    effects: {
      kinds,
      reads: [],
      writes: [],
      functions: [],
      predicate: null,
      insertedRows: null,
      object: null,
      settings: [],
      understood: false,
    },
    text: '',
    names: [],
    tree: null,
  };
}

function answer(verdict: Verdict, rule: { id: string; title: string }, reason: string, hint: string | null): Judgement {
  return { verdict, rule: { id: rule.id, title: rule.title, reason, hint } };
}

const numbered = (judgement: Judgement, position: number): Judgement => ({
  ...judgement,
  rule: { ...judgement.rule, reason: `Statement ${position}: ${judgement.rule.reason}` },
});

/** The first of the worst; a text without statements is nothing to object to. To wait for COMMIT is less than to wait now. */
function worst(judgements: readonly Judgement[]): Judgement {
  const empty = answer('allow', { id: 'empty', title: 'Nothing to run' }, 'The text holds no statement.', null);
  return (
    judgements.reduce<Judgement | null>(
      (before, next) => (before === null || severity(next) > severity(before) ? next : before),
      null,
    ) ?? empty
  );
}

const severity = ({ verdict, atCommit }: Judgement): number => SEVERITY[verdict] - (atCommit === true ? 0.5 : 0);
