import { createHmac, hash } from 'node:crypto';
import { hmac, hmacKey } from './hmac.ts';

/**
 * Tokens: keyed names of values. Equal values have equal tokens; without this installation's key a token says nothing of
 * its value, however few values there are to guess from. Each carries a keyed check, so that the gate knows its own tokens
 * again when a client sends one back: `tok_` and 16 base32 digits (64 bits of HMAC-SHA-256, 16 of check), or, where the
 * column wants them, 16 bytes (96 and 32 bits).
 */
export interface Tokens {
  /** The token of a value as 20 bytes of text. */
  text(value: Buffer): Buffer;
  /** The token of a value as 16 bytes; with `uuid` they are a version 8 UUID (RFC 9562: custom), which nobody takes for a real one. */
  bytes(value: Buffer, uuid: boolean): Buffer;
  /** A number of 48 bits that names a value. It carries no check: a number's digits are too few for one. */
  number(value: Buffer): number;
  /** Whether a text is one of these tokens: as `text` or `bytes` made it (a UUID, or `\x` and digits), in any case. */
  isToken(text: string): boolean;
}

const prefix = 'tok_';
const digits = Buffer.from('abcdefghijklmnopqrstuvwxyz234567');
const textShape = /^tok_[a-z2-7]{16}$/i;
const bytesShape = /^(?:\\x[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

const known = new WeakMap<Buffer, Tokens>();

/** The tokens of an installation's key. The same Buffer gives the same object. */
export function tokensOf(key: Buffer): Tokens {
  const made = known.get(key) ?? createTokens(key);
  known.set(key, made);
  return made;
}

/** Whether a literal or bound value is a token that this installation's `hash` masker made. */
export const isToken = (text: string, key: Buffer): boolean => tokensOf(key).isToken(text);

function createTokens(key: Buffer): Tokens {
  const names = hmacKey(derive(key, 'hash masker: names'));
  const check = createCheck(derive(key, 'hash masker: check'));
  const body = Buffer.alloc(32);
  const name = (value: Buffer): void => void body.write(hmac(names, value), 0, 'latin1');
  return {
    text(value) {
      name(value);
      return encode(body, check(body, 8) >>> 16);
    },
    bytes(value, uuid) {
      name(value);
      if (uuid) {
        body[6] = ((body[6] ?? 0) & 0x0f) | 0x80;
        body[8] = ((body[8] ?? 0) & 0x3f) | 0x80;
      }
      const token = Buffer.allocUnsafe(16);
      body.copy(token, 0, 0, 12);
      token.writeUInt32BE(check(token, 12), 12);
      return token;
    },
    number(value) {
      name(value);
      return body.readUIntBE(0, 6);
    },
    isToken(text) {
      if (textShape.test(text)) {
        const bytes = decode(text.toLowerCase());
        return check(bytes, 8) >>> 16 === bytes.readUInt16BE(8);
      }
      if (!bytesShape.test(text)) return false;
      const bytes = Buffer.from(text.replace(/^\\x|-/g, ''), 'hex');
      return check(bytes, 12) === bytes.readUInt32BE(12);
    },
  };
}

const derive = (key: Buffer, purpose: string): Buffer => createHmac('sha256', key).update(purpose).digest();

/**
 * 32 bits that only the key's holder can compute of the first `size` (at most 12) bytes: SHA-256 over the key, the bytes and
 * their number. All messages have one length, so nothing can be appended to one, and HMAC's second pass would add nothing.
 */
function createCheck(key: Buffer): (bytes: Buffer, size: number) => number {
  const block = Buffer.alloc(key.length + 13);
  key.copy(block);
  const digest = Buffer.alloc(4);
  return (bytes, size) => {
    block.fill(0, key.length);
    bytes.copy(block, key.length, 0, size);
    block[block.length - 1] = size;
    digest.write(hash('sha256', block, 'binary'), 0, 'binary');
    return digest.readUInt32BE(0);
  };
}

/** A token of eight bytes and 16 bits of check: 16 digits of five bits behind the prefix (RFC 4648 base32, lower case). */
function encode(bytes: Buffer, check: number): Buffer {
  const token = Buffer.allocUnsafe(prefix.length + 16);
  token.write(prefix, 0, 'latin1');
  let held = 0;
  let bits = 0;
  let to = prefix.length;
  for (let index = 0; index < 10; index++) {
    const byte = index < 8 ? (bytes[index] ?? 0) : index === 8 ? check >>> 8 : check & 0xff;
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      token[to++] = digits[(held >>> bits) & 31] ?? 0;
    }
  }
  return token;
}

/** The ten bytes of a token of the right shape. */
function decode(token: string): Buffer {
  const bytes = Buffer.alloc(10);
  let held = 0;
  let bits = 0;
  let to = 0;
  for (let index = prefix.length; index < token.length; index++) {
    held = ((held << 5) | digits.indexOf(token.charCodeAt(index))) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[to++] = (held >>> bits) & 0xff;
    }
  }
  return bytes;
}
