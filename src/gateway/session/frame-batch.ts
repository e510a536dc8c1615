import type { RowMemory } from '../wire/row-memory.ts';

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
    this.#add(frame.buffer, frame.byteOffset, frame.length);
  }

  /** Adds the row that was written last. */
  addRow({ block, from, to }: RowMemory): void {
    this.#add(block.buffer, block.byteOffset + from, to - from);
  }

  #add(memory: ArrayBufferLike, from: number, length: number): void {
    this.#size += length;
    if (memory === this.#memory && from === this.#to) {
      this.#to += length;
      return;
    }
    this.#close();
    this.#memory = memory;
    this.#from = from;
    this.#to = from + length;
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
