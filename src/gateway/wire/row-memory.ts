/** Memory for rows that are written one behind the other, so that they leave in one write. Blocks are left to whoever sends them. */
export class RowMemory {
  #block: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;

  /** Where the row that was written last lies. */
  get block(): Buffer {
    return this.#block;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#to;
  }

  /** Makes room for a row of at most `size` bytes behind the last one; returns where it begins. */
  begin(size: number): number {
    if (this.#to + size > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(blockBytes, size));
      this.#to = 0;
    }
    this.#from = this.#to;
    return this.#from;
  }

  /** The row is complete; `to` is the first byte behind it. */
  end(to: number): void {
    this.#to = to;
  }

  /** The row that was written last. */
  row(): Buffer {
    return this.#block.subarray(this.#from, this.#to);
  }
}

const blockBytes = 64 * 1024;
