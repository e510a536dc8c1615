import { create } from 'zustand';
import { type MaskRule, maskRule } from '../../../contract/index.ts';

/** One save of rules: what it replaced, and by what. */
interface SaveStep {
  readonly before: readonly MaskRule[];
  readonly after: readonly MaskRule[];
}

/** Saves that can be taken back, per connection. */
const keptSteps = 50;

/**
 * Rules being edited, by connection. They survive a look at another screen; nothing is in force before it is saved. What was
 * saved since the desk was opened can be taken back, save by save.
 */
interface Drafts {
  readonly byConnection: Readonly<Record<string, readonly MaskRule[]>>;
  /** The latest last. */
  readonly steps: Readonly<Record<string, readonly SaveStep[]>>;
  remember(connection: string, step: SaveStep): void;
  /** Forgets the last step, which was taken back. */
  tookBack(connection: string): void;
  set(connection: string, rules: readonly MaskRule[]): void;
  discard(connection: string): void;
}

export const useDrafts = create<Drafts>()((set) => ({
  byConnection: {},
  steps: {},
  remember: (connection, step) =>
    set(({ steps }) => ({ steps: { ...steps, [connection]: [...(steps[connection] ?? []), step].slice(-keptSteps) } })),
  tookBack: (connection) =>
    set(({ steps }) => ({ steps: { ...steps, [connection]: (steps[connection] ?? []).slice(0, -1) } })),
  set: (connection, rules) => set((state) => ({ byConnection: { ...state.byConnection, [connection]: rules } })),
  discard: (connection) =>
    set((state) => {
      const { [connection]: _discarded, ...rest } = state.byConnection;
      return { byConnection: rest };
    }),
}));

/** An id for a new rule that says what it is for and that no other rule has: `mask-customers-email-2`. */
export function newRuleId(table: string, column: string, rules: readonly MaskRule[]): string {
  const stem = `mask-${table}-${column}`
    .replace(/[^A-Za-z0-9_.-]+/g, '')
    .replace(/-+$/, '')
    .slice(0, 110);
  const taken = new Set(rules.map((rule) => rule.id));
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number++;
  return `${stem}-${number}`;
}

/** What is wrong with a rule, by field; an empty object when it may be saved. Two rules may not share an id. */
export function ruleProblems(rule: MaskRule, rules: readonly MaskRule[]): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  const parsed = maskRule.safeParse(rule);
  for (const issue of parsed.error?.issues ?? []) {
    // Members of a list of names are shown at the list.
    const path = issue.path[0] === 'except' ? issue.path.filter((part) => typeof part === 'string') : issue.path;
    problems[path.join('.')] ??= issue.message;
  }
  for (const field of ['schema', 'table', 'column'] as const) {
    if (rule[field] === '') problems[field] = 'Needs a name or a pattern such as *';
  }
  if (rule.tag === '') problems.tag = 'Needs a tag, such as pii';
  if (rules.filter((other) => other.id === rule.id).length > 1) problems.id = 'Another rule has this id';
  return problems;
}

/**
 * Whether a rule covers a column by its name. For showing only; the gate compiles rules against its own catalog, and knows
 * of tags and findings besides.
 */
export function covers(rule: MaskRule, schema: string, table: string, column: string): boolean {
  if (rule.tag !== undefined || rule.detector !== undefined) return false;
  return matches(rule.schema, schema) && matches(rule.table, table) && matches(rule.column, column);
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 'i').test(name);
}
