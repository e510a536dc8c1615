import { createHash } from 'node:crypto';

export interface DigestInput {
  readonly text: string;
  /** Bound values as they are on the wire; null is SQL NULL. */
  readonly values: readonly (Buffer | null)[];
  readonly formats: readonly number[];
  readonly database: string;
  readonly role: string;
  readonly searchPath: readonly string[];
}

/** SHA-256 (hex) of everything an approval is bound to. Every part is length-prefixed and every list counted, so no two inputs share an encoding. */
export function statementDigest(input: DigestInput): string {
  const hash = createHash('sha256');
  const add = (bytes: Buffer | string | null): void => {
    if (bytes === null) {
      hash.update('-;');
      return;
    }
    hash.update(`${Buffer.byteLength(bytes)}:`);
    hash.update(bytes);
  };
  add('postern statement 1');
  add(input.text);
  add(input.database);
  add(input.role);
  for (const list of [input.searchPath, input.formats.map(String), input.values]) {
    add(String(list.length));
    for (const part of list) add(part);
  }
  return hash.digest('hex');
}
