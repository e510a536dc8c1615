/** Small chunks are copied together into blocks of this size, so that a stream of single bytes costs no object per byte. */
const blockSize = 64 * 1024;

/** Chunks that wait to be read, in order. What is shifted out is a view: it stays valid as long as it is kept. */
export class ChunkQueue {
  #chunks: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #filled = 0;
  #size = 0;

  /** Bytes that wait. */
  get size(): number {
    return this.#size;
  }

  push(chunk: Buffer): void {
    this.#size += chunk.length;
    if (chunk.length >= blockSize / 4) {
      this.#seal();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#filled + chunk.length > this.#block.length) {
      this.#seal();
      this.#block = Buffer.allocUnsafeSlow(blockSize);
    }
    this.#filled += chunk.copy(this.#block, this.#filled);
  }

  /** The next bytes, or null when there are none. */
  shift(): Buffer | null {
    if (this.#size === 0) return null;
    if (this.#chunks.length === 0) this.#seal();
    const chunk = this.#chunks.shift() ?? null;
    this.#size -= chunk?.length ?? 0;
    return chunk;
  }

  #seal(): void {
    if (this.#filled > 0) this.#chunks.push(this.#block.subarray(0, this.#filled));
    this.#block = Buffer.alloc(0);
    this.#filled = 0;
  }
}
