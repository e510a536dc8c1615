import type { MaskedBy } from './masked-catalog.ts';
import { catalogTextMask, isCatalogText } from './maskers/definition.ts';
import { type CellMask, type ColumnType, cellMask } from './maskers/index.ts';
import { planLineMask } from './maskers/plan-line.ts';
import { smallGroupMask } from './maskers/small-group.ts';

/** The masker of a masked column, for its type and format. */
export function maskedCell({ masker }: MaskedBy, type: ColumnType, hashKey: Buffer): CellMask {
  if (masker.kind === 'small_group') return smallGroupMask(type);
  if (masker.kind === 'plan_line') return planLineMask(masker, type);
  return isCatalogText(masker) ? catalogTextMask(masker, type) : cellMask(masker, type, hashKey);
}
