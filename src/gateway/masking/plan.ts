import type { MaskedColumn } from '../../contract/index.ts';
import { backend } from '../wire/constants.ts';
import { RowMemory } from '../wire/row-memory.ts';
import type { CellMask } from './maskers/index.ts';
import { MaskingFault } from './masking-error.ts';
import type { ColumnMask, MaskPlan } from './types.ts';

/**
 * A plan that masks the given cells (null: leave as it is) of each row. Nothing is allocated for a cell whose mask is constant;
 * rows without a value to mask (all NULL) are left as they came.
 */
export function createMaskPlan(
  cells: readonly (CellMask | null)[],
  maskedColumns: readonly MaskedColumn[],
  rules: readonly string[] = [],
): MaskPlan {
  const row = new RowMasker(cells);
  const own = new RowMemory();
  return {
    columns: cells.map(toColumnMask),
    maskedColumns,
    rules,
    apply: (frame) => (row.write(frame, own) ? own.row() : frame),
    write: (frame, rows) => row.write(frame, rows),
  };
}

function toColumnMask(cell: CellMask | null): ColumnMask | null {
  if (cell === null) return null;
  return cell.constant === undefined ? { mask: cell.mask } : { mask: () => cell.constant };
}

/** Masks the rows of one result, one after the other. What it found in a row is kept in fields that the next row reuses. */
class RowMasker {
  readonly #cells: readonly (CellMask | null)[];
  /** Where the length of a cell that is replaced stands, where it ends, and what takes the place of its value. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #values: (Buffer | null)[] = [];
  #replaced = 0;

  constructor(cells: readonly (CellMask | null)[]) {
    this.#cells = cells;
  }

  /** Writes the masked row behind the last one; false when there is nothing to mask in it, and nothing was written. */
  write(frame: Buffer, rows: RowMemory): boolean {
    const size = frame.length + this.#find(frame);
    if (this.#replaced === 0) return false;
    const start = rows.begin(size);
    const { block } = rows;
    let from = 0;
    let to = start;
    for (let place = 0; place < this.#replaced; place++) {
      const value = this.#values[place] ?? null;
      to = copyBytes(frame, from, this.#starts[place] ?? 0, block, to);
      to = writeInt32(block, value === null ? -1 : value.length, to);
      if (value !== null) to = copyBytes(value, 0, value.length, block, to);
      from = this.#ends[place] ?? frame.length;
    }
    to = copyBytes(frame, from, frame.length, block, to);
    writeInt32(block, size - 1, start + 1);
    rows.end(to);
    return true;
  }

  /** Finds the cells to replace in one row; returns by how many bytes it grows. */
  #find(frame: Buffer): number {
    const size = frame.length;
    if (size < 7 || frame[0] !== backend.dataRow || readInt32(frame, 1) !== size - 1) throw rowShape();
    if (frame.readUInt16BE(5) !== this.#cells.length) throw rowShape();
    let offset = 7;
    let growth = 0;
    this.#replaced = 0;
    for (let index = 0; index < this.#cells.length; index++) {
      if (offset + 4 > size) throw rowShape();
      const length = readInt32(frame, offset);
      const start = offset;
      offset += 4;
      const cell = this.#cells[index];
      if (length === -1) {
        const shown = cell?.constant === undefined || cell.hidesMissing !== true ? null : cell.constant;
        if (shown !== null) growth += this.#replace(start, offset, shown);
        continue;
      }
      offset += length;
      if (length < 0 || offset > size) throw rowShape();
      if (cell === null || cell === undefined) continue;
      const value = cell.constant === undefined ? cell.mask(frame.subarray(start + 4, offset)) : cell.constant;
      growth += this.#replace(start, offset, value);
    }
    if (offset !== size) throw rowShape();
    return growth;
  }

  /** Notes the new value of the cell whose length stands at `start` and which ends at `end`; returns by how many bytes it grows. */
  #replace(start: number, end: number, value: Buffer | null): number {
    this.#starts[this.#replaced] = start;
    this.#ends[this.#replaced] = end;
    this.#values[this.#replaced] = value;
    this.#replaced += 1;
    return (value === null ? 0 : value.length) - (end - start - 4);
  }
}

// As readInt32BE and writeInt32BE, for places that are known to be there: these run for every cell.
const readInt32 = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

function writeInt32(bytes: Buffer, value: number, at: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

/** Below so many bytes a loop is faster than a call out of JavaScript. */
const shortCopy = 40;

/** Copies `source` from `from` to before `end`; returns where the copy ends in `target`. */
export function copyBytes(source: Buffer, from: number, end: number, target: Buffer, at: number): number {
  if (end - from > shortCopy) return at + source.copy(target, at, from, end);
  let to = at;
  for (let index = from; index < end; index += 1) target[to++] = source[index] as number;
  return to;
}

const rowShape = (): MaskingFault =>
  new MaskingFault(
    'row_shape',
    'A row did not have the columns that were announced for it; nothing of it was forwarded.',
  );
