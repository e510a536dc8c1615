import { listIssues, type MaskRule, maskRulesFile, messageOf } from '../../../../contract/index.ts';

/** Rules as the text of a file. */
export function rulesFileText(rules: readonly MaskRule[]): string {
  return `${JSON.stringify({ format: 'postern-mask-rules', version: 1, maskRules: rules }, null, 2)}\n`;
}

/** The rules of such a text, or everything that is wrong with it, each fault with its place. All or none is taken. */
export function readRulesFile(
  text: string,
): { readonly rules: readonly MaskRule[] } | { readonly faults: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { faults: [`It is not JSON: ${messageOf(error)}`] };
  }
  const parsed = maskRulesFile.safeParse(value);
  if (!parsed.success) return { faults: listIssues(parsed.error) };
  const ids = parsed.data.maskRules.map(({ id }) => id);
  const repeated = ids.flatMap((id, place) =>
    ids.indexOf(id) < place ? [`maskRules[${place}].id: ${id} is the id of maskRules[${ids.indexOf(id)}], too`] : [],
  );
  return repeated.length > 0 ? { faults: repeated } : { rules: parsed.data.maskRules };
}

/** What becomes of one rule when others are taken over. */
export interface RuleChange {
  readonly id: string;
  readonly change: 'added' | 'changed' | 'same' | 'missing';
  /** Fields that differ. */
  readonly fields: readonly string[];
}

/** The rules of a file against those that are there: first in the order of the file, then those that are not in it. */
export function compareRules(current: readonly MaskRule[], read: readonly MaskRule[]): readonly RuleChange[] {
  const there = new Map(current.map((rule) => [rule.id, rule]));
  const ids = new Set(read.map(({ id }) => id));
  return [
    ...read.map((rule): RuleChange => {
      const before = there.get(rule.id);
      if (before === undefined) return { id: rule.id, change: 'added', fields: [] };
      const fields = fieldsThatDiffer(before, rule);
      return { id: rule.id, change: fields.length === 0 ? 'same' : 'changed', fields };
    }),
    ...current.filter(({ id }) => !ids.has(id)).map(({ id }): RuleChange => ({ id, change: 'missing', fields: [] })),
  ];
}

/** Merged: changed rules at their places, added ones behind all others, nothing goes. Replaced: those of the file, in its order. */
export function takeOver(
  current: readonly MaskRule[],
  read: readonly MaskRule[],
  how: 'merge' | 'replace',
): readonly MaskRule[] {
  if (how === 'replace') return read;
  const known = new Set(current.map(({ id }) => id));
  const changed = new Map(read.map((rule) => [rule.id, rule]));
  return [...current.map((rule) => changed.get(rule.id) ?? rule), ...read.filter(({ id }) => !known.has(id))];
}

function fieldsThatDiffer(one: MaskRule, other: MaskRule): string[] {
  const fields = (rule: MaskRule): Map<string, string> =>
    new Map(Object.entries(rule).map(([name, value]) => [name, inOrder(value)]));
  const [before, after] = [fields(one), fields(other)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

/** JSON that does not depend on the order in which members were written. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
