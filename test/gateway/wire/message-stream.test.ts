import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { headSize, MessagePart, MessageStream } from '../../../src/gateway/wire/message-stream.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import fc from '../../support/property.ts';

const inParts = 'p'.charCodeAt(0);
const whole = 'w'.charCodeAt(0);
const above = 20_000;

/** A message whose body says where each byte stands, so that a lost or moved one shows. */
function message(type: number, size: number): Buffer {
  const body = Buffer.alloc(size);
  for (let at = 0; at < size; at++) body[at] = (at * 31 + (at >> 8)) & 0xff;
  return new MessageBuilder(type).bytes(body).build();
}

const messages = fc.array(
  fc
    .tuple(
      fc.constantFrom(inParts, whole),
      fc.oneof(fc.nat(40), fc.integer({ min: above - 7, max: above + 7 }), fc.nat(90_000)),
    )
    .map(([type, size]) => message(type, size)),
  { maxLength: 4 },
);
/** Sizes of the pieces that a stream is cut into, over and over. */
const cuts = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), { minLength: 1, maxLength: 6 })
  .map((sizes) => [...sizes, 2000]);

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield Buffer.from(bytes.subarray(offset, offset + size));
    offset += size;
  }
}

const createStream = (): MessageStream =>
  new MessageStream(() => 1_000_000, { above, inParts: (type) => type === inParts });

/** Puts parts together again and checks what is promised of each. */
class Receiver {
  readonly messages: { digest: string; parts: boolean }[] = [];
  #parts: MessagePart[] = [];

  takeAll(stream: MessageStream): void {
    for (let next = stream.next(); next !== null; next = stream.next()) this.#take(next);
  }

  #take(next: Buffer | MessagePart): void {
    if (!(next instanceof MessagePart)) {
      expect(this.#parts).toEqual([]);
      this.messages.push({ digest: digest(next), parts: false });
      return;
    }
    expect(next.offset).toBe(this.#parts.reduce((sum, part) => sum + part.bytes.length, 0));
    expect(next.first).toBe(this.#parts.length === 0);
    if (next.first) expect(next.bytes.length).toBeGreaterThanOrEqual(headSize);
    this.#parts.push(next);
    if (!next.last) return;
    const bytes = Buffer.concat(this.#parts.map((part) => part.bytes));
    expect(bytes.length).toBe(next.size);
    expect(bytes[0]).toBe(next.type);
    this.messages.push({ digest: digest(bytes), parts: true });
    this.#parts = [];
  }
}

/** Buffers of this size take vitest long to compare. */
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const expected = (sent: readonly Buffer[]) =>
  sent.map((bytes) => ({ digest: digest(bytes), parts: bytes.length > above && bytes[0] === inParts }));

describe('MessageStream', () => {
  test('gives the same messages, and the same of them in parts, wherever the stream is cut', () => {
    fc.assert(
      fc.property(messages, cuts, (sent, sizes) => {
        const stream = createStream();
        const receiver = new Receiver();
        for (const piece of pieces(Buffer.concat(sent), sizes)) {
          stream.push(piece);
          receiver.takeAll(stream);
        }
        expect(receiver.messages).toEqual(expected(sent));
        expect(stream.buffered).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('gives them just as well when they are taken late', () => {
    fc.assert(
      fc.property(messages, cuts, fc.integer({ min: 1, max: 9 }), (sent, sizes, every) => {
        const stream = createStream();
        const receiver = new Receiver();
        let count = 0;
        for (const piece of pieces(Buffer.concat(sent), sizes)) {
          stream.push(piece);
          count += 1;
          if (count % every === 0) receiver.takeAll(stream);
        }
        receiver.takeAll(stream);
        expect(receiver.messages).toEqual(expected(sent));
      }),
      { numRuns: 50 },
    );
  });

  test('keeps nothing of a message in parts but its head, and tells how much waits', () => {
    const stream = createStream();
    const sent = message(inParts, 500_000);
    stream.push(sent.subarray(0, headSize - 1));
    expect(stream.next()).toBeNull();
    expect(stream.buffered).toBe(headSize - 1);
    stream.push(sent.subarray(headSize - 1, 100_000));
    expect((stream.next() as MessagePart).bytes.length).toBe(headSize);
    expect((stream.next() as MessagePart).bytes.length).toBe(100_000 - headSize);
    expect([stream.next(), stream.buffered]).toEqual([null, 0]);
  });

  test('drains what was not taken, in order', () => {
    const stream = createStream();
    const sent = message(whole, 90_000);
    for (const piece of pieces(sent.subarray(0, 80_000), [7, 30_000])) {
      stream.push(piece);
      expect(stream.next()).toBeNull();
    }
    stream.push(Buffer.from('more'));
    expect(digest(stream.drain())).toBe(digest(Buffer.concat([sent.subarray(0, 80_000), Buffer.from('more')])));
    expect(stream.buffered).toBe(0);
  });

  test('what is refused before it comes is taken in no way', () => {
    const stream = new MessageStream(() => 1_000_000, {
      above,
      inParts: () => {
        throw new ProtocolError('too much', '54000');
      },
    });
    stream.push(message(whole, 30_000).subarray(0, 5));
    expect(() => stream.next()).toThrow(new ProtocolError('too much', '54000'));
  });
});
