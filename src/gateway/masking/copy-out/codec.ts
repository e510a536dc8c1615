/** A row of a copy in its format, read cell by cell and written in the same way. One codec reads one copy. */
export interface CopyCodec {
  /**
   * Reads the piece of the copy that begins at `from`: a row, or what is none. Returns the offset behind it; -1 when `bytes`
   * end within it: call again for the same piece, with more bytes and wherever it then lies. Throws MaskingFault on what
   * the server cannot have written.
   */
  read(bytes: Buffer, from: number): number;
  /** What was read: a row; something that the next row stands behind in one message; or something by itself. */
  readonly kind: 'row' | 'before_row' | 'apart';
  /** The cells of the row that was read. */
  readonly cells: CellPlaces;
  /** The value of one of them, as the type's output or send function gave it; it may lie in `bytes`. */
  value(bytes: Buffer, row: number, cell: number): Buffer | null;
  /** Bytes that `write` takes at most for a value. */
  most(value: Buffer | null): number;
  /** Writes a value as the server would in this place; returns where it ends. */
  write(value: Buffer | null, cell: number, target: Buffer, at: number): number;
}

/** Where the cells of a row stand, relative to its beginning, without what stands between them. */
export class CellPlaces {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #marked: boolean[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  start(cell: number): number {
    return this.#starts[cell] ?? 0;
  }

  end(cell: number): number {
    return this.#ends[cell] ?? 0;
  }

  /** What `add` was told of it. */
  marked(cell: number): boolean {
    return this.#marked[cell] === true;
  }

  clear(): void {
    this.#count = 0;
  }

  /** `marked`: it is not written as it stands (escapes, quotes). */
  add(start: number, end: number, marked: boolean): void {
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#marked[this.#count] = marked;
    this.#count += 1;
  }
}
