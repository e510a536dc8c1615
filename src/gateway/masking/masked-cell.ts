import type { MaskedBy } from './masked-catalog.ts';
import { catalogTextMask, isCatalogText } from './maskers/definition.ts';
import { type CellMask, type ColumnType, cellMask } from './maskers/index.ts';

/** The masker of a masked column, for its type and format. */
export function maskedCell({ masker }: MaskedBy, type: ColumnType, hashKey: Buffer): CellMask {
  return isCatalogText(masker) ? catalogTextMask(masker, type) : cellMask(masker, type, hashKey);
}
