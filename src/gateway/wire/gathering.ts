/** The first allocation for a message that is gathered; a longer one earns its room by sending what it announced. */
const firstRoom = 64 * 1024;

/**
 * Room for one message that comes in several chunks. It doubles as bytes come, so that a header alone, whatever length it
 * announces, costs 64 KiB; while it grows, at most one and a half times the message is held.
 */
export class Gathering {
  readonly #size: number;
  #bytes: Buffer;
  #filled = 0;

  /** `size` is the number of bytes to gather. */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(size, firstRoom));
  }

  get filled(): number {
    return this.#filled;
  }

  get complete(): boolean {
    return this.#filled === this.#size;
  }

  /** What was gathered so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#filled);
  }

  /** Copies from `chunk`, from `start` on, what is still missing; returns how many bytes were taken. */
  take(chunk: Buffer, start: number): number {
    const taken = Math.min(chunk.length - start, this.#size - this.#filled);
    const wanted = this.#filled + taken;
    if (wanted > this.#bytes.length) {
      const room = Buffer.allocUnsafeSlow(Math.min(this.#size, Math.max(wanted, this.#bytes.length * 2)));
      this.#bytes.copy(room, 0, 0, this.#filled);
      this.#bytes = room;
    }
    this.#filled += chunk.copy(this.#bytes, this.#filled, start, start + taken);
    return taken;
  }
}
