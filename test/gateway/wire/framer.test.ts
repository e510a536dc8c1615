import { describe, expect, test } from 'vitest';
import { frontendLengthLimit } from '../../../src/gateway/wire/decode-frontend.ts';
import { Framer } from '../../../src/gateway/wire/framer.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import fc from '../../support/property.ts';

const frame = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }))
  .map(([type, body]) => new MessageBuilder(type).bytes(Buffer.from(body)).build());
const frames = fc.array(frame, { maxLength: 12 });
/** Sizes of the pieces that a stream is cut into, over and over. */
const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield Buffer.from(bytes.subarray(offset, offset + size));
    offset += size;
  }
}

const takeAll = (framer: Framer): Buffer[] => {
  const taken: Buffer[] = [];
  for (let next = framer.next(); next !== null; next = framer.next()) taken.push(Buffer.from(next));
  return taken;
};

describe('Framer', () => {
  test('gives every message whole and in order, wherever the stream is cut', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const framer = new Framer();
        const got: Buffer[] = [];
        for (const piece of pieces(Buffer.concat(sent), sizes)) {
          framer.push(piece);
          got.push(...takeAll(framer));
        }
        expect(got).toEqual(sent);
        expect(framer.buffered).toBe(0);
      }),
    );
  });

  test('gives them just as well when they are taken only at the end', () => {
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const framer = new Framer();
        for (const piece of pieces(Buffer.concat(sent), sizes)) framer.push(piece);
        expect(takeAll(framer)).toEqual(sent);
      }),
    );
  });

  test('gives nothing of a message that is cut short, and tells how much waits', () => {
    fc.assert(
      fc.property(frame, cuts, fc.nat(), (sent, sizes, at) => {
        const part = sent.subarray(0, at % sent.length);
        const framer = new Framer();
        for (const piece of pieces(part, sizes)) {
          framer.push(piece);
          expect(framer.next()).toBeNull();
        }
        expect(framer.buffered).toBe(part.length);
        expect(framer.drain()).toEqual(part);
        expect(framer.buffered).toBe(0);
      }),
    );
  });

  test('drains exactly the bytes behind the messages taken, and can then start anew', () => {
    fc.assert(
      fc.property(frame, frame, cuts, fc.nat(), (first, second, sizes, at) => {
        const part = second.subarray(0, at % second.length);
        const framer = new Framer();
        const got: Buffer[] = [];
        for (const piece of pieces(Buffer.concat([first, part]), sizes)) {
          framer.push(piece);
          got.push(...takeAll(framer));
        }
        expect(got).toEqual([first]);
        expect(framer.drain()).toEqual(part);
        framer.push(second);
        expect(takeAll(framer)).toEqual([second]);
      }),
    );
  });

  test.each([0, 1, 2, 3])('refuses a length of %i, which does not even count itself', (length) => {
    const framer = new Framer();
    framer.push(Buffer.from([0x51, 0, 0, 0, length, 0, 0, 0]));
    expect(() => framer.next()).toThrow(new ProtocolError(`invalid message length ${length} for message type "Q"`));
  });

  test('takes a message of exactly the limit and refuses one byte more, before the body has come', () => {
    const header = (length: number): Buffer => {
      const bytes = Buffer.alloc(5, 0x53);
      bytes.writeUInt32BE(length, 1);
      return bytes;
    };
    const fits = new Framer(() => 100);
    fits.push(Buffer.concat([header(100), Buffer.alloc(96)]));
    expect(fits.next()?.length).toBe(101);
    const tooLong = new Framer(() => 100);
    tooLong.push(header(101));
    expect(() => tooLong.next()).toThrow('invalid message length 101');
  });

  test('takes a length with the highest bit set for a large one, not for a negative one', () => {
    const framer = new Framer();
    framer.push(Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]));
    expect(() => framer.next()).toThrow('invalid message length 4294967295');
  });

  test('refuses a type that no client may send, by its byte', () => {
    const framer = new Framer(frontendLengthLimit);
    framer.push(Buffer.from([0x01, 0, 0, 0, 4]));
    expect(() => framer.next()).toThrow('invalid frontend message type 1');
  });
});
