import { isDeepStrictEqual } from 'node:util';
import type { MaskRule, RuleOverlap, RuleStanding } from '../../../contract/index.ts';
import type { CatalogSnapshot } from '../../sql/catalog.ts';
import { columnMatcher } from '../rules.ts';
import { isSystemSchema, userColumns } from './user-columns.ts';

/** Columns of an overlap that are named; the number covers all. */
const namedColumns = 5;

/**
 * How each rule stands among the others, in their order: what it masks by itself, and which earlier rules have columns that
 * it fits, too. An earlier rule that excepts somebody leaves these to the later ones, so it hides no rule.
 */
export function ruleStandings(rules: readonly MaskRule[], catalog: CatalogSnapshot): RuleStanding[] {
  const columns = userColumns(catalog, true);
  const matchers = rules.map((rule) => ({ rule, matches: columnMatcher(rule), system: !rule.schema.startsWith('*') }));
  const first = new Map<string, { readonly rule: MaskRule; readonly columns: string[] }[]>();
  const own = new Map<string, number>();
  const fits = new Map<string, number>();
  // Relation by relation, because a matcher remembers the last one.
  for (const { relation, column, name } of columns) {
    const ofServer = isSystemSchema(relation.schema);
    const fitting = matchers
      // Columns of the server itself count only where a rule means them.
      .filter(({ matches, system }) => (system || !ofServer) && matches(relation, column))
      .map(({ rule }) => rule);
    const [winner] = fitting;
    for (const rule of fitting) {
      fits.set(rule.id, (fits.get(rule.id) ?? 0) + 1);
      if (rule === winner || winner === undefined) own.set(rule.id, (own.get(rule.id) ?? 0) + 1);
      else addTo(first, rule.id, winner, name);
    }
  }
  return rules.map((rule) => {
    const overlaps = (first.get(rule.id) ?? []).map(({ rule: earlier, columns: lost }): RuleOverlap => {
      return {
        rule: earlier.id,
        masker: earlier.masker,
        sameMasker: isDeepStrictEqual(earlier.masker, rule.masker),
        exceptsSomebody: earlier.except !== undefined && !isDeepStrictEqual(earlier.except, rule.except),
        columns: lost.slice(0, namedColumns),
        total: lost.length,
      };
    });
    const masks = own.get(rule.id) ?? 0;
    const hidden = overlaps.length > 0 && overlaps.every(({ exceptsSomebody }) => !exceptsSomebody);
    const state = (fits.get(rule.id) ?? 0) === 0 ? 'unmatched' : masks === 0 && hidden ? 'shadowed' : 'in_force';
    return { id: rule.id, state, masks, overlaps };
  });
}

function addTo(
  overlaps: Map<string, { readonly rule: MaskRule; readonly columns: string[] }[]>,
  id: string,
  earlier: MaskRule,
  column: string,
): void {
  const known = overlaps.get(id) ?? [];
  overlaps.set(id, known);
  const entry = known.find(({ rule }) => rule === earlier);
  if (entry === undefined) known.push({ rule: earlier, columns: [column] });
  else entry.columns.push(column);
}
