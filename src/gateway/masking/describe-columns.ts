import { maskFor } from './lineage/lineage.ts';
import type { Column } from './lineage/range.ts';
import type { DescribedColumn } from './types.ts';

/** Columns of a result in words that leave this room: their sources, and how they are masked. `small` as in `maskFor`. */
export function describeColumns(columns: readonly Column[], small: boolean): readonly DescribedColumn[] {
  return columns.map(({ name, lineage, many }) => {
    const by = maskFor(lineage, small);
    return {
      name,
      many: many === true,
      sources: [...lineage.sources].map(([label, { rule, masker }]) => ({ label, rule, masker: masker.kind })),
      unknown: lineage.unknown,
      verbatim: lineage.verbatim,
      mask: by === null ? null : { rule: by.rule, masker: by.masker.kind },
    };
  });
}
