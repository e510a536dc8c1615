/** Random numbers that a seed gives again (mulberry32), and the mutations of bytes that a fuzzer makes. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Of 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 up to, and without, `limit`. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.next() % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let index = 0; index < size; index += 1) bytes[index] = this.next() & 0xff;
    return bytes;
  }
}

const edges16 = [0, 1, 2, 3, 0x7fff, 0x8000, 0xfffe, 0xffff];
const edges32 = [0, 1, 3, 4, 5, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const edges8 = [0, 1, 0x20, 0x27, 0x5c, 0x7f, 0x80, 0xc0, 0xef, 0xff];

/** One small change, as a broken or hostile peer might make it. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  const copy = Buffer.from(bytes);
  switch (random.below(9)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 2:
      if (copy.length > 0) copy[at] = random.pick(edges8);
      return copy;
    case 3:
      if (at + 2 <= copy.length) copy.writeUInt16BE(random.pick(edges16), at);
      return copy;
    case 4:
      if (at + 4 <= copy.length) copy.writeUInt32BE(random.pick(edges32), at);
      return copy;
    case 5:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(8)), copy.subarray(at)]);
    case 6:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(8))]);
    case 7:
      return Buffer.concat([copy, random.bytes(1 + random.below(16))]);
    default: {
      const end = at + random.below(copy.length - at) + 1;
      return Buffer.concat([copy.subarray(0, end), copy.subarray(at)]);
    }
  }
}

/** A typed message with the length that its body has, whatever was done to it: decoders only ever see such frames. */
export function withLength(frame: Buffer): Buffer {
  const whole = frame.length >= 5 ? Buffer.from(frame) : Buffer.concat([frame, Buffer.alloc(5 - frame.length)]);
  whole.writeUInt32BE(whole.length - 1, 1);
  return whole;
}
