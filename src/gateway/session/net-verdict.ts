import type { AskedColumns } from '../masking/net/asked-columns.ts';
import type { Judgement } from '../policy/types.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { columnsTouched } from '../sql/columns.ts';
import type { Understanding } from '../sql/effects.ts';
import type { JudgeContext } from './judged.ts';

/**
 * What earlier answers add to a verdict: a statement that touches a column in which a detector that is to ask recognised
 * values is held. Rows that flow already cannot be asked about, so it is the next statement that waits.
 */
export function withNet(
  judgement: Judgement,
  understanding: Understanding,
  { asked, catalog, policy }: Pick<JudgeContext, 'asked' | 'catalog' | 'policy'>,
): Judgement {
  if (asked === undefined || asked.size === 0 || policy.preset === 'observe') return judgement;
  const waitsNow = judgement.verdict === 'ask' && judgement.atCommit !== true;
  if (waitsNow || judgement.verdict === 'block' || judgement.verdict === 'terminate') return judgement;
  if (understanding.status !== 'understood') return judgement;
  const touched = understanding.statements.flatMap((statement) => columnsAsked(statement, catalog, asked));
  if (touched.length === 0) return judgement;
  const columns = [...new Set(touched)];
  const detectors = [...new Set(columns.flatMap((column) => asked.get(column) ?? []))];
  return {
    verdict: 'ask',
    rule: {
      id: 'found-personal-data',
      title: 'A column holds what looks like personal data',
      reason: `${columns.slice(0, 5).join(', ')}${columns.length > 5 ? ' …' : ''}: ${detectors.join(', ')} recognised in earlier answers, and no mask rule names ${columns.length === 1 ? 'it' : 'them'}.`,
      hint: 'Leave the column out; or run it as it is: it will be held for the operator, who can also mask the column.',
    },
  };
}

function columnsAsked(
  statement: Parameters<typeof columnsTouched>[0],
  catalog: CatalogSnapshot | null,
  asked: AskedColumns,
): readonly string[] {
  return columnsTouched(statement, catalog).flatMap((column) => {
    if (!column.endsWith('.*')) return asked.has(column) ? [column] : [];
    // A relation that the catalog does not know: by its name, whatever its schema.
    const relation = column.slice(0, -2);
    return [...asked.keys()].filter((name) => name.startsWith(`${relation}.`) || name.includes(`.${relation}.`));
  });
}
