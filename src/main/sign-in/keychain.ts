import type { KeychainState } from '../../contract/index.ts';

/** Keeps secrets of this user over a restart, or says why it cannot. Secrets are kept by name, an `identifier`. */
export interface Keychain {
  state(): Promise<KeychainState>;
  /** Null when there is none, or when what is there cannot be read any more. */
  read(name: string): Promise<string | null>;
  /** Rejects with an Error when it could not be kept. */
  write(name: string, secret: string): Promise<void>;
  forget(name: string): Promise<void>;
}

/** Of a host that has none: everything stays in memory. */
export const noKeychain = (why: string): Keychain => ({
  state: async () => ({ available: false, why }),
  read: async () => null,
  write: () => Promise.reject(new Error(why)),
  forget: async () => undefined,
});
