import { z } from 'zod';
import { assertNever, instant } from './common.ts';

/** One difference between what was sealed and what lies there now. Values are JSON, shortened; hashes of keys only as fingerprints. */
export const sealChange = z.object({
  /** Name of the file in the data folder. */
  file: z.string(),
  /** `connections[shop].maskRules[emails].masker`; empty for the file as a whole. */
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type SealChange = z.infer<typeof sealChange>;

/**
 * Why what lies there is not believed. `changed`: files differ from what was sealed. `rolled_back`: an older state with an
 * older seal. `forged`: the seal was changed, or made with another key. `removed`: there was a seal, and is none.
 * `key_unavailable`: the keychain does not give the key that the seal was made with. `unsealed`: there never was a seal.
 */
export const sealDoubt = z.enum(['changed', 'rolled_back', 'forged', 'removed', 'key_unavailable', 'unsealed']);
export type SealDoubt = z.infer<typeof sealDoubt>;

/** How the seal over settings, known databases and keys stands. */
export const sealView = z.object({
  /**
   * `locked`: the passphrase is needed to check the seal. `doubted`: the operator has to decide. `opening`: the seal holds, and
   * the gate is being opened. `open`: it is.
   */
  phase: z.enum(['locked', 'doubted', 'opening', 'open']),
  /** Null unless doubted. */
  doubt: sealDoubt.nullable(),
  /** Path of what is sealed first of all: the settings, or a configuration file. */
  subject: z.string(),
  /** Where the sealing key is; null while there is no seal. */
  sealedWith: z.enum(['keychain', 'passphrase']).nullable(),
  /** Whether the desk may make or change the seal; else it is the command line's (`postern seal`). */
  managed: z.boolean(),
  /** Why the system's keychain cannot hold the key here; null when it can. */
  noKeychain: z.string().nullable(),
  /** Goes up by one with every change. */
  counter: z.number().int().nullable(),
  sealedAt: instant.nullable(),
  sealedBy: z.string().nullable(),
  /** While doubted; at most 500. */
  changes: z.array(sealChange),
  omitted: z.number().int(),
  /** Digest of what lies there: a decision is about exactly this. */
  found: z.string(),
  /** What was sealed is at hand and can be put back. */
  restorable: z.boolean(),
  /** Files that another program changed while the gate runs; what was sealed holds. */
  edited: z.array(z.string()),
});
export type SealView = z.infer<typeof sealView>;

/** Shortest passphrase that a seal is made with, in characters: who has the file may guess as fast as scrypt allows. */
export const shortestPassphrase = 12;

export const passphrase = z.string().min(1).max(1024);
export const newPassphrase = z
  .string()
  .min(shortestPassphrase, `must have at least ${shortestPassphrase} characters`)
  .max(1024);

/** Why something is not believed, as one sentence. */
export function doubtWords(doubt: SealDoubt, subject: string): string {
  switch (doubt) {
    case 'changed':
      return `${subject}, or what is sealed with it, was changed since it was sealed.`;
    case 'rolled_back':
      return `An older state of ${subject} was put back together with its older seal.`;
    case 'forged':
      return `The seal of ${subject} was itself changed, or made with another key.`;
    case 'removed':
      return `${subject} was sealed, and the seal is gone.`;
    case 'key_unavailable':
      return `${subject} is sealed with a key in the keychain of the desktop app, which does not give it here.`;
    case 'unsealed':
      return `${subject} is not sealed.`;
    default:
      return assertNever(doubt);
  }
}
