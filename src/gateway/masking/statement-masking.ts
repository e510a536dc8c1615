import type { MaskedColumn, ProbeLevel } from '../../contract/index.ts';
import type { FieldDescription } from '../wire/fields.ts';
import { copyAmongOthers } from './copies.ts';
import { describeColumns } from './describe-columns.ts';
import { echoed } from './echo.ts';
import { type Lineage, maskFor } from './lineage/lineage.ts';
import { type Column, columnAt } from './lineage/range.ts';
import { derived, derivedFrom, type MaskedBy, type MaskedCatalog, rulesBehind } from './masked-catalog.ts';
import { maskedCell } from './masked-cell.ts';
import type { CellMask } from './maskers/index.ts';
import { createMaskPlan } from './plan.ts';
import type { Refusal } from './refusal.ts';
import { scrubFields } from './scrub.ts';
import type { StatementFacts } from './statement-facts.ts';
import { firstUserOid } from './system-relations.ts';
import { temporaryEffects } from './temporary/effects.ts';
import type { MaskedProbe, MaskPlan, StatementMasking } from './types.ts';

/** What the parts of a masking share: the catalog and this installation's key. */
export interface MaskingContext {
  readonly catalog: MaskedCatalog;
  readonly hashKey: Buffer;
  /** How far columns may steer, by the id of their rule; `ask` where there is none. */
  readonly levels: ReadonlyMap<string, ProbeLevel>;
  /** See MaskingOptions. */
  readonly basis: string;
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
  const senders = rowFacts.filter((fact) => fact.sendsRows);
  const only = rowFacts === facts ? senders : rowFacts;
  const columns = only.length === 1 ? (only[0]?.columns ?? null) : null;
  const scrubs = unresolved || all.some((fact) => fact.scrubs);
  const ranCode = unresolved || all.some((fact) => fact.ranCode);
  const probes = probesOf(all, context);
  // An open probe shows how many rows there are for a value; of few that would be telling.
  const small = probes.some(({ level }) => level === 'open');
  const [sole, ...others] = all;
  const copyOut = others.length === 0 ? (sole?.copyOut ?? null) : null;
  const masking: MergeableMasking = {
    facts,
    rowFacts,
    text,
    context,
    tainted,
    delegates,
    // EXECUTE runs whatever a Parse named, a COPY too: what must not run by itself must not run by its name.
    refusal:
      all.find((fact) => fact.refusal !== null)?.refusal ??
      (facts.length > 1 ? copyAmongOthers(all.flatMap(({ copies }) => copies)) : null) ??
      (copyOut === null ? copyOutAmongOthers(all) : null) ??
      echoed(
        all.flatMap(({ constants }) => constants ?? []),
        context.hashKey,
      ),
    rules: [...new Set(all.flatMap((fact) => fact.rules))],
    refuseValues: (values) =>
      all.some(({ constants }) => constants !== null) ? echoed(values, context.hashKey) : null,
    probes,
    copies: all.flatMap((fact) => fact.copies),
    temporary: temporaryEffects(
      all.map((fact) => fact.temporary),
      { basis: context.basis, small },
    ),
    copyOut,
    holdsResult: facts.some((fact) => fact.holdsResult),
    describeColumns: () => (columns === null ? null : describeColumns(columns, small)),
    plan: (fields) => planOf(fields, { tainted, columns, small }, context),
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
  // What EXECUTE hands over takes the place of a parameter, which by itself is clean.
  const handsOver = only?.tainted === true;
  const rows =
    sole && !handsOver ? source.facts : [...use.rowFacts, ...source.facts].map((fact) => ({ ...fact, columns: null }));
  return statementMasking(use.facts, text, use.context, rows);
}

/** The columns of a COPY are told by the server before it runs, which is before anything beside it ran. */
function copyOutAmongOthers(facts: readonly StatementFacts[]): Refusal | null {
  if (facts.every(({ copyOut }) => copyOut === null)) return null;
  return {
    code: 'masked_copy_out',
    reason: 'a COPY of masked columns has to stand alone to be masked, and not behind a name',
    hint: 'Send the COPY as a text of its own, or use SELECT: it is masked.',
  };
}

const isMergeable = (masking: StatementMasking): masking is MergeableMasking => 'facts' in masking;

function probesOf(facts: readonly StatementFacts[], { levels }: MaskingContext): readonly MaskedProbe[] {
  const probes = new Map<string, MaskedProbe>();
  for (const { label, by, use, values } of facts.flatMap((fact) => fact.probes)) {
    const before = probes.get(label)?.comparisons;
    const comparisons = use === 'other' || before === null ? null : (before ?? 0) + values;
    probes.set(label, { label, level: levels.get(by.rule) ?? 'ask', comparisons });
  }
  return [...probes.values()].sort((one, other) => (one.label < other.label ? -1 : 1));
}

interface ResultFacts {
  readonly tainted: boolean;
  /** Numbers of few rows are hidden. */
  readonly small: boolean;
  readonly columns: readonly Column[] | null;
}

/** By lineage where it is known, by the origin that the server reports, else by the taint of the statement. */
function planOf(fields: readonly FieldDescription[], result: ResultFacts, context: MaskingContext): MaskPlan | null {
  const masks: MaskedColumn[] = [];
  const rules = new Set<string>();
  const cells = fields.map((field, index): CellMask | null => {
    const lineage = lineageAt(field, index, fields.length, result);
    const by = maskOf(field, lineage, result, context.catalog);
    if (by === null) return null;
    const behind = by === derived ? derivedFrom(lineage?.sources.values() ?? []) : by;
    for (const rule of rulesBehind(behind)) rules.add(rule);
    masks.push({ name: field.name, masker: by.masker.kind, rule: by.rule });
    const column = context.catalog.byOid
      .get(field.tableOid)
      ?.relation.columns.find((candidate) => candidate.attributeNumber === field.attributeNumber);
    const { types } = context.catalog;
    const cell = maskedCell(by, { ...field, typeName: column?.type ?? null, types }, context.hashKey);
    return lineage?.part === true && cell.constant !== undefined ? { ...cell, hidesMissing: true } : cell;
  });
  return masks.length === 0 ? null : createMaskPlan(cells, masks, [...rules]);
}

/** What we found the column to be made from; null when the server calls it otherwise, so that we cannot mean the same. */
function lineageAt(field: FieldDescription, index: number, total: number, { columns }: ResultFacts): Lineage | null {
  const column = columns === null ? null : columnAt(columns, index, total);
  return column === null || (column.name !== null && column.name !== field.name) ? null : column.lineage;
}

function maskOf(
  field: FieldDescription,
  lineage: Lineage | null,
  { tainted, small }: ResultFacts,
  catalog: MaskedCatalog,
): MaskedBy | null {
  const byLineage = lineage === null ? null : maskFor(lineage, small);
  const entry = catalog.byOid.get(field.tableOid);
  if (entry === undefined) {
    if (field.tableOid >= firstUserOid) return derived;
    return lineage === null && tainted ? derived : byLineage;
  }
  if (field.attributeNumber < 0) return null;
  if (field.attributeNumber === 0)
    return byLineage ?? (entry.masked.size > 0 ? derivedFrom(entry.masked.values()) : null);
  const byOrigin = entry.masked.get(field.attributeNumber);
  if (byOrigin !== undefined) return byOrigin;
  // A column that the snapshot does not know was added after it was taken.
  const known = entry.relation.columns.some((column) => column.attributeNumber === field.attributeNumber);
  if (!known) return derived;
  // RETURNING shows what was written to the column, wherever that came from.
  return lineage !== null && lineage.sources.size > 0 ? byLineage : null;
}
