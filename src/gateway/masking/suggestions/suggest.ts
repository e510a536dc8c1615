import type { Masker, MaskSuggestion, PersonalKind } from '../../../contract/index.ts';
import type { CatalogColumn, CatalogRelation } from '../../sql/catalog.ts';
import { qualifiedColumn } from '../net/findings.ts';
import { columnMatcher } from '../rules.ts';
import { firstUserOid } from '../system-relations.ts';
import { catalogEvidence, findingEvidence, sampleEvidence, typeGroup } from './evidence.ts';
import type { Evidence, SuggestInput } from './types.ts';

const maskers: Readonly<Record<PersonalKind, Masker>> = {
  email: { kind: 'email' },
  phone: { kind: 'phone' },
  payment_card: { kind: 'card' },
  iban: { kind: 'partial', keepStart: 0, keepEnd: 4 },
  national_id: { kind: 'full' },
  person_name: { kind: 'full' },
  address: { kind: 'full' },
  birth_date: { kind: 'year' },
  income: { kind: 'full' },
  ip_address: { kind: 'full' },
  secret: { kind: 'full' },
  personal: { kind: 'full' },
};

const levels = ['low', 'medium', 'high'] as const;

/**
 * Columns that look personal and that no rule names, surest first. Of views only those are told that something was recognised
 * in: a rule on the table covers them. Partitions are left to their table.
 */
export function suggestMasks(input: SuggestInput): MaskSuggestion[] {
  const matchers = input.rules.map(columnMatcher);
  const samples = new Map(input.samples.map((sample) => [qualifiedColumn(sample), sample]));
  const suggestions = input.catalog.relations.flatMap((relation) => {
    if (!canHoldData(relation)) return [];
    const view = relation.kind === 'v' || relation.kind === 'm';
    return relation.columns.flatMap((column): MaskSuggestion[] => {
      if (matchers.some((matches) => matches(relation, column))) return [];
      const name = { schema: relation.schema, table: relation.name, column: column.name };
      const place = qualifiedColumn(name);
      const group = typeGroup(column.type);
      const sample = samples.get(place);
      const evidence = [
        ...(view ? [] : catalogEvidence(relation, column)),
        ...(sample === undefined ? [] : sampleEvidence(sample, group)),
        ...input.findings.filter((finding) => finding.place === place).flatMap((one) => findingEvidence(one, group)),
      ].filter(({ kind }) => !input.isDismissed(place, kind));
      const suggestion = judged(evidence, column);
      return suggestion === null ? [] : [{ ...name, type: column.type, ...suggestion }];
    });
  });
  return suggestions.sort((one, other) => levels.indexOf(other.confidence) - levels.indexOf(one.confidence));
}

const canHoldData = ({ oid, kind, parents, schema }: CatalogRelation): boolean =>
  oid >= firstUserOid &&
  ['r', 'p', 'f', 'v', 'm'].includes(kind) &&
  parents.length === 0 &&
  schema !== 'information_schema' &&
  !schema.startsWith('pg_');

/** The kind that most speaks for; two sources that agree make it one step surer. `personal` agrees with every kind. */
function judged(
  evidence: readonly Evidence[],
  { type }: CatalogColumn,
): Pick<MaskSuggestion, 'kind' | 'masker' | 'confidence' | 'reasons'> | null {
  const level = ({ confidence, kind }: Evidence): number =>
    levels.indexOf(confidence) * 2 + (kind === 'personal' ? 0 : 1);
  const best = [...evidence].sort((one, other) => level(other) - level(one))[0];
  if (best === undefined) return null;
  const kind =
    best.kind === 'personal' ? (evidence.find((one) => one.kind !== 'personal')?.kind ?? 'personal') : best.kind;
  const agreeing = evidence.filter((one) => one.kind === kind || one.kind === 'personal');
  const sources = new Set(agreeing.map(({ from }) => from)).size;
  const confidence = levels[Math.min(2, levels.indexOf(best.confidence) + (sources > 1 ? 1 : 0))] ?? 'low';
  const masker = kind === 'birth_date' && typeGroup(type) !== 'date' ? maskers.personal : maskers[kind];
  return { kind, masker, confidence, reasons: evidence.map(({ from, text }) => ({ from, text })) };
}
