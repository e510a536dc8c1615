import type { MaskedColumn } from '../../contract/index.ts';
import { backend } from '../wire/constants.ts';
import type { CellMask } from './maskers/index.ts';
import { MaskingFault } from './masking-error.ts';
import type { ColumnMask, MaskPlan } from './types.ts';

/**
 * A plan that masks the given cells (null: leave as it is) of each row.
 *
 * `apply` makes no allocation but the row's slice of a block, and none per cell where a mask is constant; rows without a
 * value to mask (all NULL) come back as the frame that was handed in.
 */
export function createMaskPlan(cells: readonly (CellMask | null)[], maskedColumns: readonly MaskedColumn[]): MaskPlan {
  const row = new RowMasker(cells);
  return {
    columns: cells.map(toColumnMask),
    maskedColumns,
    apply: (frame) => row.apply(frame),
  };
}

function toColumnMask(cell: CellMask | null): ColumnMask | null {
  if (cell === null) return null;
  return cell.constant === undefined ? { mask: cell.mask } : { mask: () => cell.constant };
}

/** Masks the rows of one result, one after the other. What it found in a row is kept in fields that the next row reuses. */
class RowMasker {
  readonly #cells: readonly (CellMask | null)[];
  readonly #memory = new RowMemory();
  /** Where the length of a cell that is replaced stands, and what takes the place of its value. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #values: (Buffer | null)[] = [];
  #replaced = 0;

  constructor(cells: readonly (CellMask | null)[]) {
    this.#cells = cells;
  }

  apply(frame: Buffer): Buffer {
    const growth = this.#find(frame);
    return this.#replaced === 0 ? frame : this.#rewrite(frame, this.#memory.take(frame.length + growth));
  }

  /** Finds the cells to replace in one row; returns by how many bytes it grows. */
  #find(frame: Buffer): number {
    const size = frame.length;
    if (size < 7 || frame[0] !== backend.dataRow || int32(frame, 1) !== size - 1) throw rowShape();
    if (frame.readUInt16BE(5) !== this.#cells.length) throw rowShape();
    let offset = 7;
    let growth = 0;
    this.#replaced = 0;
    for (let index = 0; index < this.#cells.length; index++) {
      if (offset + 4 > size) throw rowShape();
      const length = int32(frame, offset);
      const start = offset;
      offset += 4;
      if (length === -1) continue;
      offset += length;
      if (length < 0 || offset > size) throw rowShape();
      const cell = this.#cells[index];
      if (cell === null || cell === undefined) continue;
      const value = cell.constant === undefined ? cell.mask(frame.subarray(start + 4, offset)) : cell.constant;
      this.#starts[this.#replaced] = start;
      this.#ends[this.#replaced] = offset;
      this.#values[this.#replaced] = value;
      this.#replaced += 1;
      growth += (value === null ? 0 : value.length) - length;
    }
    if (offset !== size) throw rowShape();
    return growth;
  }

  /** Copies the row in runs between replaced cells. */
  #rewrite(frame: Buffer, row: Buffer): Buffer {
    let from = 0;
    let to = 0;
    for (let place = 0; place < this.#replaced; place++) {
      const value = this.#values[place] ?? null;
      to = copyBytes(frame, from, this.#starts[place] ?? 0, row, to);
      to = row.writeInt32BE(value === null ? -1 : value.length, to);
      if (value !== null) to = copyBytes(value, 0, value.length, row, to);
      from = this.#ends[place] ?? frame.length;
    }
    copyBytes(frame, from, frame.length, row, to);
    row.writeUInt32BE(row.length - 1, 1);
    return row;
  }
}

/** As readInt32BE, for a place that is known to be there: this runs for every cell. */
const int32 = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

/** Below so many bytes a loop is faster than a call out of JavaScript. */
const shortCopy = 48;

/** Returns where the copy ends. */
function copyBytes(source: Buffer, from: number, end: number, target: Buffer, at: number): number {
  if (end - from > shortCopy) return at + source.copy(target, at, from, end);
  let to = at;
  for (let index = from; index < end; index += 1) target[to++] = source[index] as number;
  return to;
}

/** Memory for the rows of one result, one behind the other, so that they leave in one write. */
class RowMemory {
  #block = Buffer.alloc(0);
  #used = 0;

  /** Bytes that hold nothing of use yet. */
  take(size: number): Buffer {
    if (this.#used + size > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(rowBlock, size));
      this.#used = 0;
    }
    const row = this.#block.subarray(this.#used, this.#used + size);
    this.#used += size;
    return row;
  }
}

const rowBlock = 64 * 1024;

const rowShape = (): MaskingFault =>
  new MaskingFault(
    'row_shape',
    'A row did not have the columns that were announced for it; nothing of it was forwarded.',
  );
