import { createHash } from 'node:crypto';

export interface DigestInput {
  /** How it was told: the same text means another thing as a Query, as a Parse and as what PREPARE or DECLARE made of it. */
  readonly protocol: string;
  readonly text: Buffer;
  /** Digests of the statements that it makes permanent: an approval of a COMMIT is one of them all. */
  readonly committed: readonly string[];
  /** Bound values as they are on the wire; null is SQL NULL. */
  readonly values: readonly (Buffer | null)[];
  readonly formats: readonly number[];
  /** Type OIDs that Parse gives to the parameters: they choose among functions and operators of one name. */
  readonly parameterTypes: readonly number[];
  readonly database: string;
  readonly role: string;
  readonly searchPath: readonly string[];
  /** Settings of the session that change what the text and the values mean, see session/settings-mark.ts. */
  readonly settings: readonly string[];
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
  add('postern statement 3');
  add(input.protocol);
  add(input.text);
  add(input.database);
  add(input.role);
  const lists = [
    input.committed,
    input.searchPath,
    input.settings,
    input.parameterTypes.map(String),
    input.formats.map(String),
    input.values,
  ];
  for (const list of lists) {
    add(String(list.length));
    for (const part of list) add(part);
  }
  return hash.digest('hex');
}
