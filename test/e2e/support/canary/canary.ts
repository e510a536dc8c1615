import { createHash, randomBytes } from 'node:crypto';

/** A secret that occurs nowhere else, with the name of the way it takes. */
export interface Canary {
  readonly name: string;
  /** With characters that URLs, JSON, SQL and password files write otherwise. */
  readonly secret: string;
  /** The random part of it, letters and digits: the same in JSON, in a URL and in SQL. */
  readonly core: string;
  /** The role that has it as its password; null for what is no password of a role. */
  readonly role: string | null;
}

export function hatch(name: string, role: string | null = null, shape = (core: string) => `q"'\\:/%${core} +`): Canary {
  const core = `c4n${randomBytes(15).toString('hex')}ry`;
  return { name, secret: shape(core), core, role };
}

/** A place where the product may have left bytes, and the bytes. */
export interface Found {
  readonly where: string;
  readonly bytes: Buffer;
}

/** Every place that holds a canary in any form, as `canary (form) in place`. */
export function leaks(canaries: readonly Canary[], places: Iterable<Found>): string[] {
  const forms = canaries.flatMap((canary) => formsOf(canary).map(([form, bytes]) => ({ canary, form, bytes })));
  const found = new Set<string>();
  for (const place of places) {
    for (const { canary, form, bytes } of forms) {
      if (place.bytes.includes(bytes)) found.add(`${canary.name} (${form}) in ${place.where}`);
    }
  }
  return [...found];
}

/** The forms in which a secret might get out. Its core is as it is in JSON, in a URL, in SQL and in a log line. */
function formsOf({ core, secret, role }: Canary): [string, Buffer][] {
  const text = Buffer.from(core);
  const hash = (algorithm: string, value: string): Buffer =>
    Buffer.from(createHash(algorithm).update(value, 'utf8').digest('hex'));
  return [
    ['raw', text],
    ['UTF-16', Buffer.from(core, 'utf16le')],
    ['hex', Buffer.from(text.toString('hex'))],
    ['upper-case hex', Buffer.from(text.toString('hex').toUpperCase())],
    ['reversed', Buffer.from(text).reverse()],
    ...[0, 1, 2].map((shift): [string, Buffer] => [`base64, shifted by ${shift}`, base64At(text, shift)]),
    ...(role === null ? [] : ([["PostgreSQL's md5", hash('md5', secret + role)]] satisfies [string, Buffer][])),
  ];
}

/** What base64 makes of the text when it stands behind that many bytes of something else: the characters it decides alone. */
function base64At(text: Buffer, shift: number): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(shift), text]).toString('base64');
  const whole = Math.floor((shift + text.length) / 3) * 4;
  return Buffer.from(encoded.slice(shift === 0 ? 0 : 4, whole));
}
