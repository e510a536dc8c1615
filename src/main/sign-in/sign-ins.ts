import type { Configuration } from 'openid-client';
import {
  DeskError,
  type IdentityProvider,
  messageOf,
  type SignInState,
  type TokenClient,
} from '../../contract/index.ts';
import { uselessToken } from './access-token.ts';
import type { ClientSecrets } from './client-secret.ts';
import { flows } from './flows.ts';
import { type HeldSignIn, HeldSignIns, type Who } from './held-sign-ins.ts';
import type { Keychain } from './keychain.ts';
import { type OwnToken, openedTo, readOwnToken } from './own-token.ts';
import { exchanged, openProvider, signInFailed } from './provider-client.ts';
import { renew, renewing, revoke, SignInOver } from './renewal.ts';
import {
  notSignedIn,
  personsClient,
  signInStateOf,
  type WaitingSignIn,
  whyImpossible,
  wordsOf,
} from './sign-in-state.ts';

/** How long a person may take to sign in, in milliseconds. */
export const signInMs = 5 * 60_000;

export interface SignInsOptions {
  readonly keychain: Keychain;
  readonly secrets: ClientSecrets;
  /** Opens an address in the system's browser; false when the person has to do it. */
  readonly openBrowser: (url: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Puts it on record; what it throws ends the sign-in. */
  readonly record: (
    event: 'signed_in' | 'signed_out',
    provider: string,
    subject: string,
    reason: string | null,
  ) => void;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/** `remember` keeps the sign-in in the keychain as well. */
export interface SignInChoice {
  readonly flow: 'authorization_code' | 'device_code';
  readonly remember: boolean;
}

/**
 * The operator's sign-ins at the configured providers. Tokens are in private fields and in the keychain, and leave by
 * `accessToken` alone, which hands out access tokens only.
 */
export class SignIns {
  readonly #options: SignInsOptions;
  readonly #held: HeldSignIns;
  readonly #waiting = new Map<string, WaitingSignIn>();
  /** Why the last sign-in at a provider failed or ended. */
  readonly #ended = new Map<string, string>();
  /** A refresh token must not be used twice at once: to the provider that looks like a theft. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<() => void>();

  constructor(options: SignInsOptions) {
    this.#options = options;
    this.#held = new HeldSignIns(options.keychain, (message) => options.log('warn', message));
  }

  /** Called after every change of a state; returns a function that stops. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes up what the keychain kept. Asks no provider. */
  async restore(providers: readonly IdentityProvider[]): Promise<void> {
    for (const provider of providers) if (personsClient(provider) !== null) await this.#held.restore(provider);
    this.#changed();
  }

  state(provider: IdentityProvider): SignInState {
    const { name } = provider;
    const held = this.#held.current(provider);
    return signInStateOf(provider, this.#waiting.get(name), held, this.#ended.get(name), this.#options.now());
  }

  /** Begins a sign-in; `state` says how it goes on. Throws DeskError `sign_in_impossible`, `already_signed_in`. */
  start(provider: IdentityProvider, choice: SignInChoice): void {
    const client = personsClient(provider);
    if (client === null)
      throw new DeskError('sign_in_impossible', whyImpossible(provider), 'Give it a client under Edit.');
    if (this.#held.current(provider) !== null) {
      throw new DeskError('already_signed_in', `You are signed in at ${provider.name}.`, 'Sign out first.');
    }
    this.cancel(provider.name);
    const waiting: WaitingSignIn = {
      abort: new AbortController(),
      deadlineAt: this.#options.now() + signInMs,
      place: null,
    };
    const late = setTimeout(() => waiting.abort.abort(new Error('nobody signed in within five minutes')), signInMs);
    this.#waiting.set(provider.name, waiting);
    this.#ended.delete(provider.name);
    this.#changed();
    void this.#signIn(provider, client, waiting, choice)
      .catch((error: unknown) => {
        if (this.#waiting.get(provider.name) === waiting) this.#ended.set(provider.name, wordsOf(error));
      })
      .finally(() => {
        clearTimeout(late);
        if (this.#waiting.get(provider.name) !== waiting) return;
        this.#waiting.delete(provider.name);
        this.#changed();
      });
  }

  /** Stops waiting for a sign-in, if one is waited for. */
  cancel(provider: string): void {
    const waiting = this.#waiting.get(provider);
    if (waiting === undefined) return;
    this.#waiting.delete(provider);
    waiting.abort.abort(new Error('it was cancelled'));
    this.#changed();
  }

  /** Ends all that waits. For the end of the process; what the keychain has stays. */
  stop(): void {
    for (const name of [...this.#waiting.keys()]) this.cancel(name);
  }

  /**
   * Forgets the sign-in, then tells the provider (RFC 7009). Resolves with why the provider goes on knowing it; null when it
   * does not.
   */
  async signOut(provider: IdentityProvider): Promise<string | null> {
    this.cancel(provider.name);
    return this.#inTurn(provider.name, async () => {
      const held = this.#held.named(provider.name);
      const same = held !== null && this.#held.current(provider) === held;
      await this.#forget(provider.name, null);
      if (held === null) return null;
      this.#options.record('signed_out', provider.name, held.who.subject, null);
      const client = personsClient(provider);
      if (!('refreshToken' in held.proof)) return null;
      if (client === null || !same) return 'its issuer or client was changed meanwhile';
      const { refreshToken } = held.proof;
      return openProvider(provider, client, this.#options.secrets).then(
        (configuration) => revoke(configuration, refreshToken),
        messageOf,
      );
    });
  }

  /** Who is signed in at a provider, and what that opens now; null when nobody is. */
  who(provider: IdentityProvider): (Who & Pick<OwnToken, 'connections'>) | null {
    const held = this.#held.current(provider);
    if (held === null) return null;
    return { ...held.who, connections: openedTo(held.who, provider, this.#options.now()) };
  }

  /**
   * A fresh access token that the gate will take for a connection. Rejects with DeskError `not_signed_in`, also when the
   * provider does not renew the sign-in any more, `provider_unreachable`, `sign_in_failed`, `token_useless`.
   */
  accessToken(provider: IdentityProvider, connection: string): Promise<string> {
    return this.#inTurn(provider.name, async () => {
      const client = personsClient(provider);
      const held = this.#held.current(provider);
      if (client === null || held === null) throw notSignedIn(provider, this.#ended.get(provider.name) ?? null);
      const configuration = await openProvider(provider, client, this.#options.secrets);
      const personsToken = await this.#personsToken(configuration, provider, client, held);
      const token = await exchanged(configuration, provider, client, personsToken);
      const found = readOwnToken(token, provider, connection, this.#options.now());
      if (typeof found === 'string') throw uselessToken(provider, found);
      await this.#stillSpeaksFor(held.who, found, provider);
      return token;
    });
  }

  async #signIn(
    provider: IdentityProvider,
    client: TokenClient,
    waiting: WaitingSignIn,
    choice: SignInChoice,
  ): Promise<void> {
    const { openBrowser, now, record } = this.#options;
    const configuration = await openProvider(provider, client, this.#options.secrets);
    const answer = await flows[choice.flow](configuration, renewing(configuration, client), {
      openBrowser,
      signal: waiting.abort.signal,
      show: (place) => {
        waiting.place = place;
        this.#changed();
      },
    }).catch(signInFailed(provider));
    const refreshToken = answer.refresh_token ?? null;
    try {
      const token = await exchanged(configuration, provider, client, answer.access_token);
      const found = readOwnToken(token, provider, null, now());
      if (typeof found === 'string') throw uselessToken(provider, found);
      waiting.abort.signal.throwIfAborted();
      record('signed_in', provider.name, found.subject, null);
      const endsAt = answer.expires_in === undefined ? found.expiresAt : now() + answer.expires_in * 1000;
      const proof = refreshToken === null ? { accessToken: answer.access_token, endsAt } : { refreshToken };
      const { issuer } = provider;
      const { subject, agent, groups } = found;
      const { clientId } = client;
      const kept = choice.remember && refreshToken !== null ? 'keychain' : 'memory';
      await this.#held.hold(provider.name, {
        issuer,
        clientId,
        who: { subject, agent, groups },
        since: now(),
        kept,
        proof,
      });
    } catch (error) {
      if (refreshToken !== null) await revoke(configuration, refreshToken);
      throw error;
    }
  }

  /** Groups may have changed since; the person may not. */
  async #stillSpeaksFor(before: Who, found: OwnToken, provider: IdentityProvider): Promise<void> {
    const held = this.#held.current(provider);
    if (held === null) return;
    if (before.subject !== found.subject) {
      const why = `${provider.name} renewed it for ${found.subject} instead.`;
      await this.#end(provider.name, held, why);
      throw notSignedIn(provider, why);
    }
    const { subject, agent, groups } = found;
    if (agent === before.agent && groups.join('\n') === before.groups.join('\n')) return;
    await this.#held.hold(provider.name, { ...held, who: { subject, agent, groups } });
    this.#changed();
  }

  async #personsToken(
    configuration: Configuration,
    provider: IdentityProvider,
    client: TokenClient,
    held: HeldSignIn,
  ): Promise<string> {
    if ('accessToken' in held.proof) {
      if (held.proof.endsAt > this.#options.now()) return held.proof.accessToken;
      const why = `It ended, since ${provider.name} gave no refresh token.`;
      await this.#end(provider.name, held, why);
      throw notSignedIn(provider, why);
    }
    try {
      const renewed = await renew(configuration, provider, client, held.proof.refreshToken);
      await this.#held.hold(provider.name, { ...held, proof: { refreshToken: renewed.refreshToken } });
      return renewed.accessToken;
    } catch (error) {
      if (!(error instanceof SignInOver)) throw error;
      const why = `${provider.name} ended it: ${error.message}.`;
      await this.#end(provider.name, held, why);
      throw notSignedIn(provider, why);
    }
  }

  async #end(name: string, held: HeldSignIn, why: string): Promise<void> {
    await this.#forget(name, why);
    this.#options.record('signed_out', name, held.who.subject, why);
  }

  async #forget(name: string, why: string | null): Promise<void> {
    if (why === null) this.#ended.delete(name);
    else this.#ended.set(name, why);
    const dropping = this.#held.drop(name);
    this.#changed();
    await dropping;
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work, work);
    this.#turns.set(name, turn);
    return turn;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
