import { z } from 'zod';
import { newPassphrase, passphrase, sealView } from '../seal.ts';
import { nothing } from './inputs.ts';

/** The seal over the settings. These are the only calls that are answered before the gate is open. */
export const sealCalls = {
  'seal.state': { input: nothing, output: sealView },
  'seal.unlock': { input: z.object({ passphrase }), output: sealView },
  /**
   * What lies there is right: it is sealed and the gate opens. `found` binds the decision to what was shown. With a
   * passphrase: the one of the seal, or a new one where there is no key. Without: the keychain.
   */
  'seal.accept': { input: z.object({ found: z.string(), passphrase: passphrase.nullable() }), output: sealView },
  /** What was sealed is right: it is put back and the gate opens. */
  'seal.restore': { input: z.object({ found: z.string() }), output: sealView },
  /** Neither: Postern ends and leaves everything as it is. */
  'seal.quit': { input: nothing, output: nothing },
  /** Makes the seal of an open gate, or changes where its key is: a new passphrase, or null for the keychain. */
  'seal.change': {
    input: z.object({ current: passphrase.nullable(), next: newPassphrase.nullable() }),
    output: sealView,
  },
} as const;
