import type { MaskRule } from '../../contract/index.ts';

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

/** The first rule, in their order, that names a column; null when none does. */
export function ruleFor(rules: readonly MaskRule[], schema: string, table: string, column: string): MaskRule | null {
  return (
    rules.find(
      (rule) => namePattern(rule.schema)(schema) && namePattern(rule.table)(table) && namePattern(rule.column)(column),
    ) ?? null
  );
}

/** For the catalog tree: the id of the rule that masks a column by name, or null. */
export function maskedBy(rules: readonly MaskRule[], schema: string, table: string, column: string): string | null {
  return ruleFor(rules, schema, table, column)?.id ?? null;
}
