/**
 * Collects frames for one write. Frames that lie behind each other in the same memory become one slice, so a chunk that
 * is only forwarded leaves as the bytes that came, without a copy.
 */
export class FrameBatch {
  #parts: Buffer[] = [];
  /** The slice that is growing: no object is made for it until the next one begins. */
  #memory: ArrayBufferLike | null = null;
  #from = 0;
  #to = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(frame: Buffer): void {
    this.#size += frame.length;
    if (frame.buffer === this.#memory && frame.byteOffset === this.#to) {
      this.#to += frame.length;
      return;
    }
    this.#close();
    this.#memory = frame.buffer;
    this.#from = frame.byteOffset;
    this.#to = frame.byteOffset + frame.length;
  }

  /** Hands over everything collected, in order; the batch is empty afterwards. */
  take(): Buffer[] {
    this.#close();
    const parts = this.#parts;
    this.#parts = [];
    this.#size = 0;
    return parts;
  }

  #close(): void {
    if (this.#memory !== null) this.#parts.push(Buffer.from(this.#memory, this.#from, this.#to - this.#from));
    this.#memory = null;
  }
}
