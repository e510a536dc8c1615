import type { MaskPreview, MaskRule } from '../../contract/index.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import { maskedCatalog } from './closure.ts';
import { type MaskedBy, typesByOid } from './masked-catalog.ts';
import { maskedCell } from './masked-cell.ts';
import { maskValue } from './maskers/index.ts';
import { ruleFor } from './rules.ts';

export { maskedBy } from './rules.ts';

/** Sample rows of one table as the server writes them in text format, and the rules to try on them. */
export interface PreviewInput {
  readonly rules: readonly MaskRule[];
  readonly catalog: CatalogSnapshot | null;
  readonly schema: string;
  readonly table: string;
  readonly sample: {
    readonly columns: readonly { readonly name: string; readonly type: string; readonly typeOid: number }[];
    readonly rows: readonly (readonly (string | null)[])[];
  };
  readonly hashKey: Buffer;
}

/** The rows before and after the rules, for the operator's rules editor. With a catalog, derived columns are shown masked too. */
export function previewRows(input: PreviewInput): MaskPreview {
  const masks = input.sample.columns.map((column) => maskOfColumn(input, column.name));
  const types = input.catalog === null ? undefined : typesByOid(input.catalog);
  const cells = input.sample.columns.map(({ typeOid, type }, index) => {
    const by = masks[index] ?? null;
    return by === null
      ? null
      : maskedCell(by, { typeOid, typeModifier: -1, format: 0, typeName: type, types }, input.hashKey);
  });
  return {
    columns: input.sample.columns.map(({ name, type }, index) => ({
      name,
      type,
      maskedBy: masks[index]?.rule ?? null,
    })),
    before: input.sample.rows.map((row) => [...row]),
    after: input.sample.rows.map((row) =>
      row.map((value, index) => {
        const cell = cells[index] ?? null;
        if (value === null || cell === null) return value;
        return maskValue(cell, Buffer.from(value, 'utf8'))?.toString('utf8') ?? null;
      }),
    ),
  };
}

function maskOfColumn(input: PreviewInput, name: string): MaskedBy | null {
  if (input.catalog === null) {
    const rule = ruleFor(input.rules, { schema: input.schema, name: input.table }, { name });
    return rule === null ? null : { rule: rule.id, masker: rule.masker };
  }
  const { catalog } = maskedCatalog(input.rules, input.catalog);
  const entry = catalog.byName.get(input.table)?.find((candidate) => candidate.relation.schema === input.schema);
  const column = entry?.relation.columns.find((candidate) => candidate.name === name);
  return column === undefined ? null : (entry?.masked.get(column.attributeNumber) ?? null);
}
