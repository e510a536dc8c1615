import type { RuleAnswer, Scope } from '../../contract/index.ts';
import { qualifiedName, takenFrom } from '../sql/effects.ts';
import { isSafeCall } from './functions.ts';
import { createPolicy } from './judge.ts';
import { matcherOf } from './own/patterns.ts';
import { readOnly } from './presets/read-only.ts';
import type { Judgement, PolicyInput } from './types.ts';

const readOnlyPolicy = createPolicy(readOnly);

/** What every role may read, and drivers do. */
const open = matcherOf(['pg_catalog', 'information_schema']);

/**
 * A judgement within the scope of the agent's key, which nothing widens: no rule that allows, and no approval. What is
 * outside is blocked; once the key's time is over, the session ends.
 */
export function withinScope(judgement: Judgement, scope: Scope | null, input: PolicyInput): Judgement {
  if (scope === null || judgement.verdict === 'terminate') return judgement;
  if (scope.validUntil !== undefined && input.now >= Date.parse(scope.validUntil)) return expired(scope.validUntil);
  if (judgement.verdict === 'block') return judgement;
  if (scope.readOnly) {
    // What that preset would ask about may write, too: a function that nobody knows, for one.
    const { verdict, rule } = readOnlyPolicy.judge(input);
    if (verdict !== 'allow') return blocked('scope-read-only', 'This key only reads', rule.reason, rule.hint);
  }
  const outside = scope.schemas === undefined ? null : outsideOf(scope.schemas, input);
  return outside === null
    ? judgement
    : blocked('scope-schemas', 'This key is for certain schemas', outside, hintOf(scope));
}

function outsideOf(schemas: readonly string[], { understanding, protocol }: PolicyInput): string | null {
  if (understanding.status !== 'understood' || protocol === 'function_call') {
    return 'Which schemas it would touch cannot be told.';
  }
  const inside = matcherOf(schemas);
  for (const { effects } of understanding.statements) {
    if (!effects.understood || effects.kinds.includes('procedural'))
      return 'Which schemas it would touch cannot be told.';
    const opaque = effects.functions.find((one) => !isSafeCall(one));
    if (opaque !== undefined) return `What ${qualifiedName(opaque)}() would touch cannot be told.`;
    const strange =
      effects.writes.find(({ schema }) => schema === null || !inside(schema)) ??
      takenFrom(effects.reads).find(({ schema }) => schema === null || !(inside(schema) || open(schema)));
    if (strange !== undefined)
      return `It would touch ${qualifiedName(strange)}, which is in none of the schemas of this key.`;
  }
  return null;
}

const hintOf = ({ schemas = [] }: Scope): string =>
  `Work in ${schemas.join(', ')}; name the schema, as in schema.table.`;

const blocked = (id: string, title: string, reason: string, hint: string | null): Judgement => ({
  verdict: 'block',
  rule: { id, title, reason, hint } satisfies RuleAnswer,
});

const expired = (validUntil: string): Judgement => ({
  verdict: 'terminate',
  rule: {
    id: 'scope-expired',
    title: 'This key is no longer valid',
    reason: `The agent key was valid until ${validUntil}.`,
    hint: 'Ask the operator for a new key.',
  },
});
