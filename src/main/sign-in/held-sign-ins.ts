import { type IdentityProvider, messageOf } from '../../contract/index.ts';
import { readKept, sealedText } from './kept-sign-in.ts';
import type { Keychain } from './keychain.ts';
import type { OwnToken } from './own-token.ts';

/** Who is signed in, as the gate would see them. */
export type Who = Pick<OwnToken, 'subject' | 'agent' | 'groups'>;

/** A sign-in that goes on. */
export interface HeldSignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly who: Who;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly kept: 'keychain' | 'memory';
  /** What a fresh access token is got with; without a refresh token the first one is used until it expires. */
  readonly proof: { readonly refreshToken: string } | { readonly accessToken: string; readonly endsAt: number };
}

/** Sign-ins by the names of their providers: in memory, and those that are to be remembered in the keychain as well. */
export class HeldSignIns {
  readonly #keychain: Keychain;
  readonly #warn: (message: string) => void;
  readonly #held = new Map<string, HeldSignIn>();

  constructor(keychain: Keychain, warn: (message: string) => void) {
    this.#keychain = keychain;
    this.#warn = warn;
  }

  /** Takes up what the keychain kept for this provider as it is configured now. Asks no provider. */
  async restore({ name, issuer, client }: IdentityProvider): Promise<void> {
    if (client === undefined) return;
    const text = await this.#keychain.read(name).catch((error: unknown) => {
      this.#warn(`the sign-in at ${name} cannot be read from the keychain: ${messageOf(error)}`);
      return null;
    });
    const kept = text === null ? null : readKept(text, issuer, client.clientId);
    if (kept === null) return;
    const { refreshToken, clientId, since, subject, agent, groups } = kept;
    const who = { subject, agent, groups };
    this.#held.set(name, { issuer, clientId, since, who, kept: 'keychain', proof: { refreshToken } });
  }

  /** The sign-in at a provider, if it was at this issuer and with this client. */
  current(provider: IdentityProvider): HeldSignIn | null {
    const held = this.#held.get(provider.name);
    return held?.issuer === provider.issuer && held.clientId === provider.client?.clientId ? held : null;
  }

  /** The one of this name, wherever it was. */
  named(name: string): HeldSignIn | null {
    return this.#held.get(name) ?? null;
  }

  /** Holds it; with `kept: 'keychain'` there as well, and where that fails in memory, with no older one left behind. */
  async hold(name: string, held: HeldSignIn): Promise<void> {
    this.#held.set(name, { ...held, kept: 'memory' });
    if (held.kept === 'memory' || !('refreshToken' in held.proof)) return;
    const { who, issuer, clientId, since, proof } = held;
    const { subject, agent, groups } = who;
    const facts = { subject, agent, groups: [...groups] };
    try {
      const { refreshToken } = proof;
      await this.#keychain.write(name, sealedText({ version: 1, issuer, clientId, since, refreshToken, ...facts }));
      this.#held.set(name, held);
    } catch (error) {
      this.#warn(`the sign-in at ${name} stays in memory only: ${messageOf(error)}`);
      await this.#forget(name);
    }
  }

  /** Forgets it, in the keychain too. */
  async drop(name: string): Promise<void> {
    this.#held.delete(name);
    await this.#forget(name);
  }

  async #forget(name: string): Promise<void> {
    await this.#keychain.forget(name).catch((error: unknown) => {
      this.#warn(`the keychain still has the sign-in at ${name}: ${messageOf(error)}`);
    });
  }
}
