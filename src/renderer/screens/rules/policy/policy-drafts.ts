import { create } from 'zustand';
import {
  type Budgets,
  type ConnectionConfig,
  type PolicyPreset,
  type PolicyRule,
  policyRule,
  type RuleMatch,
} from '../../../../contract/index.ts';

/** A policy being edited: what `policy.save` takes. */
export interface PolicyDraft {
  readonly policy: PolicyPreset;
  readonly rules: readonly PolicyRule[];
  readonly budgets: Budgets | null;
}

interface Drafts {
  readonly byConnection: Readonly<Record<string, PolicyDraft>>;
  set(connection: string, draft: PolicyDraft): void;
  discard(connection: string): void;
}

/** Policies being edited, by connection. They survive a look at another screen; nothing is in force before it is saved. */
export const usePolicyDrafts = create<Drafts>()((set) => ({
  byConnection: {},
  set: (connection, draft) => set((state) => ({ byConnection: { ...state.byConnection, [connection]: draft } })),
  discard: (connection) => set(({ byConnection: { [connection]: _discarded, ...rest } }) => ({ byConnection: rest })),
}));

/** The policy of a connection as it is in force. */
export const savedPolicy = ({ policy, policyRules, budgets }: ConnectionConfig): PolicyDraft => ({
  policy,
  rules: policyRules,
  budgets: budgets ?? null,
});

/** Whether two policies say the same, in the same order. */
export const samePolicy = (one: PolicyDraft, other: PolicyDraft): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** A rule that is not about anything yet: it asks, which does no harm. */
export const newRule = (rules: readonly PolicyRule[]): PolicyRule => ({
  id: freeId('rule', rules),
  when: {},
  verdict: 'ask',
  reason: '',
});

/** A copy under an id of its own, right behind the rule. */
export function duplicated(rules: readonly PolicyRule[], index: number): readonly PolicyRule[] {
  const rule = rules[index];
  if (rule === undefined) return rules;
  const copy = { ...rule, id: freeId(rule.id.replace(/-\d+$/, ''), rules) };
  return [...rules.slice(0, index + 1), copy, ...rules.slice(index + 1)];
}

/** The same rules with one of them so many places further down (or up, when negative). */
export function moved(rules: readonly PolicyRule[], index: number, by: number): readonly PolicyRule[] {
  const to = index + by;
  const rule = rules[index];
  if (rule === undefined || to < 0 || to >= rules.length) return rules;
  const others = rules.filter((_, place) => place !== index);
  return [...others.slice(0, to), rule, ...others.slice(to)];
}

function freeId(stem: string, rules: readonly PolicyRule[]): string {
  const taken = new Set(rules.map(({ id }) => id));
  for (let number = 1; ; number++) {
    const id = number === 1 && stem !== 'rule' ? stem : `${stem}-${number}`;
    if (!taken.has(id)) return id;
  }
}

/** What is wrong with a rule, by field (`reason`, `when.columns.0`); empty when it may be saved. `others`: all other rules. */
export function ruleIssues(
  rule: unknown,
  others: readonly { readonly id: string }[],
): Readonly<Record<string, string>> {
  const issues: Record<string, string> = {};
  const parsed = policyRule.safeParse(rule);
  for (const issue of parsed.error?.issues ?? []) issues[issue.path.join('.')] ??= issue.message;
  if (parsed.success && others.some(({ id }) => id === parsed.data.id)) issues.id = 'another rule has this id';
  return issues;
}

/** A list of rules as text, read back. Every fault says where it is. */
export function readRules(
  text: string,
): { readonly rules: readonly PolicyRule[] } | { readonly faults: readonly string[] } {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    return { faults: [`It is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
  }
  if (!Array.isArray(read)) return { faults: ['It has to be a list of rules: [ { "id": …, "when": { … }, … } ]'] };
  const ids = read.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'id' in one ? String(one.id) : '',
  );
  const faults = read.flatMap((one: unknown, index) => {
    const before = ids.slice(0, index).map((id) => ({ id }));
    return Object.entries(ruleIssues(one, before)).map(([field, message]) => {
      const where = ids[index] === '' ? `rule ${index + 1}` : `rule ${index + 1} (${ids[index]})`;
      return field === '' ? `${where}: ${message}` : `${where}, ${field}: ${message}`;
    });
  });
  return faults.length > 0 ? { faults } : { rules: read.map((one) => policyRule.parse(one)) };
}

/** The fields of `when`, with the words that stand before their values. */
export const whenFields = {
  agents: 'agent is',
  subjects: 'subject is',
  groups: 'group is',
  databases: 'database is',
  roles: 'role is',
  environments: 'environment is',
  transaction: 'transaction is',
  effects: 'it does',
  conditions: 'it is recognised as',
  relations: 'it touches',
  reads: 'it reads',
  writes: 'it writes',
  columns: 'it uses columns',
  functions: 'it calls',
  predicate: 'its WHERE is',
  estimatedRows: 'rows of the largest table written',
  time: 'now is',
} as const satisfies Record<keyof RuleMatch, string>;

export type WhenField = keyof RuleMatch;

/** What a rule is about, in one line. */
export function whenWords(when: RuleMatch): string {
  const said = (Object.keys(whenFields) as WhenField[]).flatMap((field) => {
    const words = fieldWords(field, when);
    return words === null ? [] : [`${whenFields[field]} ${words}`];
  });
  return said.length === 0 ? 'every statement' : said.join(', and ');
}

function fieldWords(field: WhenField, when: RuleMatch): string | null {
  if (when[field] === undefined) return null;
  if (field === 'estimatedRows') {
    const { atLeast, atMost } = when.estimatedRows ?? {};
    return [atLeast === undefined ? null : `at least ${atLeast}`, atMost === undefined ? null : `at most ${atMost}`]
      .filter((part) => part !== null)
      .join(' and ');
  }
  if (field === 'time') {
    const { days, from = '00:00', until = '00:00', timeZone } = when.time ?? {};
    const span = from === until ? 'all day' : `${from} to ${until}`;
    return `${days === undefined ? 'any day' : days.join(', ')}, ${span}${timeZone === undefined ? '' : ` (${timeZone})`}`;
  }
  return (when[field] ?? []).join(' or ');
}
