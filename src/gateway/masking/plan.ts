import type { MaskedColumn } from '../../contract/index.ts';
import { backend } from '../wire/constants.ts';
import type { CellMask } from './maskers/index.ts';
import { MaskingFault } from './masking-error.ts';
import type { ColumnMask, MaskPlan } from './types.ts';

/**
 * A plan that masks the given cells (null: leave as it is) of each row.
 *
 * `apply` makes one allocation per row and none per cell where a mask is constant; rows without a value to mask (all
 * NULL) come back as the frame that was handed in.
 */
export function createMaskPlan(cells: readonly (CellMask | null)[], maskedColumns: readonly MaskedColumn[]): MaskPlan {
  // Reused from row to row: undefined is "copy", null is SQL NULL.
  const replacements: (Buffer | null | undefined)[] = cells.map(() => undefined);
  return {
    columns: cells.map(toColumnMask),
    maskedColumns,
    apply: (frame) => {
      const growth = findReplacements(frame, cells, replacements);
      return growth === null ? frame : rewrite(frame, frame.length + growth, replacements);
    },
  };
}

function toColumnMask(cell: CellMask | null): ColumnMask | null {
  if (cell === null) return null;
  return cell.constant === undefined ? { mask: cell.mask } : { mask: () => cell.constant };
}

/** Fills `replacements` for one row; returns by how many bytes the row grows, or null when nothing is replaced. */
function findReplacements(
  frame: Buffer,
  cells: readonly (CellMask | null)[],
  replacements: (Buffer | null | undefined)[],
): number | null {
  const size = frame.length;
  if (size < 7 || frame[0] !== backend.dataRow || frame.readUInt32BE(1) !== size - 1) throw rowShape();
  if (frame.readUInt16BE(5) !== cells.length) throw rowShape();
  let offset = 7;
  let growth = 0;
  let replaced = false;
  for (let index = 0; index < cells.length; index++) {
    if (offset + 4 > size) throw rowShape();
    const length = frame.readInt32BE(offset);
    offset += 4;
    const cell = cells[index];
    replacements[index] = undefined;
    if (length === -1) continue;
    if (length < 0 || offset + length > size) throw rowShape();
    if (cell !== null && cell !== undefined) {
      const value = cell.constant === undefined ? cell.mask(frame.subarray(offset, offset + length)) : cell.constant;
      replacements[index] = value;
      growth += (value === null ? 0 : value.length) - length;
      replaced = true;
    }
    offset += length;
  }
  if (offset !== size) throw rowShape();
  return replaced ? growth : null;
}

/** Copies the frame in runs between replaced cells. */
function rewrite(frame: Buffer, size: number, replacements: readonly (Buffer | null | undefined)[]): Buffer {
  const row = Buffer.allocUnsafe(size);
  let from = 0;
  let to = 0;
  let offset = 7;
  for (let index = 0; index < replacements.length; index++) {
    const length = frame.readInt32BE(offset);
    const value = replacements[index];
    if (value !== undefined) {
      to += frame.copy(row, to, from, offset);
      to = row.writeInt32BE(value === null ? -1 : value.length, to);
      if (value !== null) to += value.copy(row, to);
      from = offset + 4 + length;
    }
    offset += 4 + Math.max(length, 0);
  }
  to += frame.copy(row, to, from);
  row.writeUInt32BE(size - 1, 1);
  return row;
}

const rowShape = (): MaskingFault =>
  new MaskingFault(
    'row_shape',
    'A row did not have the columns that were announced for it; nothing of it was forwarded.',
  );
