/**
 * Collects frames for one write. Frames that lie behind each other in the same memory become one slice, so a chunk that
 * is only forwarded leaves as the bytes that came, without a copy.
 */
export class FrameBatch {
  #parts: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(frame: Buffer): void {
    this.#size += frame.length;
    const last = this.#parts.at(-1);
    if (last !== undefined && last.buffer === frame.buffer && last.byteOffset + last.length === frame.byteOffset) {
      this.#parts[this.#parts.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + frame.length);
      return;
    }
    this.#parts.push(frame);
  }

  /** Hands over everything collected, in order; the batch is empty afterwards. */
  take(): Buffer[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#size = 0;
    return parts;
  }
}
