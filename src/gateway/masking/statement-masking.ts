import type { MaskedColumn } from '../../contract/index.ts';
import type { FieldDescription } from '../wire/fields.ts';
import { derived, type MaskedBy, type MaskedCatalog } from './masked-catalog.ts';
import { type CellMask, cellMask } from './maskers/index.ts';
import { createMaskPlan } from './plan.ts';
import { scrubFields } from './scrub.ts';
import type { StatementFacts } from './statement-facts.ts';
import { firstUserOid } from './system-relations.ts';
import type { MaskPlan, StatementMasking } from './types.ts';

/** What the parts of a masking share: the catalog and this installation's key. */
export interface MaskingContext {
  readonly catalog: MaskedCatalog;
  readonly hashKey: Buffer;
}

/** A StatementMasking that can be merged: it keeps what it was made from. */
interface MergeableMasking extends StatementMasking {
  readonly facts: readonly StatementFacts[];
  /** Facts of the statements whose rows are sent: `facts` itself, or after a merge those of what they delegate to. */
  readonly rowFacts: readonly StatementFacts[];
  readonly text: string;
  readonly context: MaskingContext;
}

/** Masking of the statements of one text. `text` is what the agent sent. */
export function statementMasking(
  facts: readonly StatementFacts[],
  text: string,
  context: MaskingContext,
  rowFacts: readonly StatementFacts[] = facts,
): StatementMasking {
  const all = rowFacts === facts ? facts : [...facts, ...rowFacts];
  const delegates = facts.some((fact) => fact.delegates);
  const unresolved = delegates && rowFacts === facts;
  const tainted = unresolved || all.some((fact) => fact.tainted);
  const systemValues = unresolved || all.some((fact) => fact.systemValues);
  const senders = rowFacts.filter((fact) => fact.sendsRows);
  const only = rowFacts === facts ? senders : rowFacts;
  const cleanColumns = only.length === 1 ? (only[0]?.cleanColumns ?? null) : null;
  const scrubs = unresolved || all.some((fact) => fact.scrubs);
  const ranCode = unresolved || all.some((fact) => fact.ranCode);
  const masking: MergeableMasking = {
    facts,
    rowFacts,
    text,
    context,
    tainted,
    delegates,
    // EXECUTE runs whatever a Parse named, a COPY too: what must not run by itself must not run by its name.
    refusal: all.find((fact) => fact.refusal !== null)?.refusal ?? null,
    probes: [...new Set(all.flatMap((fact) => [...fact.probes]))].sort(),
    plan: (fields) => planOf(fields, { tainted, systemValues, cleanColumns }, context),
    scrub: (fields) => (scrubs ? scrubFields(fields, text, ranCode) : fields),
  };
  return masking;
}

/**
 * Masking of EXECUTE or FETCH (`use`) with that of the statement which PREPARE or DECLARE named (`source`): rows are
 * masked as the source's, errors as either's. When `use` does other things too, or either is unknown here, the result is
 * the more careful of both.
 */
export function mergeMasking(use: StatementMasking, source: StatementMasking): StatementMasking {
  if (!isMergeable(use) || !isMergeable(source)) return use;
  const text = `${use.text}\n${source.text}`;
  const [only, ...others] = use.facts;
  const sole =
    use.rowFacts === use.facts && others.length === 0 && only?.sendsRows === true && source.facts.length === 1;
  const rows = sole
    ? source.facts
    : [...use.rowFacts, ...source.facts].map((fact) => ({ ...fact, cleanColumns: null }));
  return statementMasking(use.facts, text, use.context, rows);
}

const isMergeable = (masking: StatementMasking): masking is MergeableMasking => 'facts' in masking;

interface ResultFacts {
  readonly tainted: boolean;
  readonly systemValues: boolean;
  readonly cleanColumns: readonly boolean[] | null;
}

/** reference/masking.md §7 L3: by origin where there is one, else by the taint of the statement. */
function planOf(fields: readonly FieldDescription[], result: ResultFacts, context: MaskingContext): MaskPlan | null {
  const masks: MaskedColumn[] = [];
  const clean = result.cleanColumns?.length === fields.length ? result.cleanColumns : null;
  const cells = fields.map((field, index): CellMask | null => {
    const by = maskOf(field, clean?.[index] === true, result, context.catalog);
    if (by === null) return null;
    masks.push({ name: field.name, masker: by.masker.kind, rule: by.rule });
    const column = context.catalog.byOid
      .get(field.tableOid)
      ?.relation.columns.find((candidate) => candidate.attributeNumber === field.attributeNumber);
    return cellMask(by.masker, { ...field, typeName: column?.type ?? null }, context.hashKey);
  });
  return masks.length === 0 ? null : createMaskPlan(cells, masks);
}

function maskOf(field: FieldDescription, clean: boolean, result: ResultFacts, catalog: MaskedCatalog): MaskedBy | null {
  if (field.tableOid === 0) return result.tainted && !clean ? derived : null;
  const entry = catalog.byOid.get(field.tableOid);
  if (entry === undefined) {
    const pass = field.tableOid < firstUserOid && (!result.systemValues || clean);
    return pass ? null : derived;
  }
  if (field.attributeNumber < 0) return null;
  if (field.attributeNumber === 0) return entry.masked.size > 0 ? derived : null;
  const by = entry.masked.get(field.attributeNumber);
  if (by !== undefined) return by;
  // A column that the snapshot does not know was added after it was taken.
  const known = entry.relation.columns.some((column) => column.attributeNumber === field.attributeNumber);
  return known ? null : derived;
}
