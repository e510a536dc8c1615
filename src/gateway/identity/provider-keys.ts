import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { type IdentityProvider, messageOf } from '../../contract/index.ts';
import type { FetchJson } from './fetch-json.ts';
import { keysUrl, readMetadata } from './provider-metadata.ts';

/** Keys are read anew after this long, in milliseconds. */
export const keysFreshMs = 10 * 60_000;
/** Between two attempts to read them, whatever tokens ask for, in milliseconds. */
export const keysCooldownMs = 30_000;

/** The keys cannot be had, and those from before are too old. The message is for the operator. */
export class ProviderUnavailable extends Error {}

type Source = Pick<IdentityProvider, 'issuer' | 'jwksUri' | 'keysOutageHours'>;

interface Held {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly readAt: number;
}

/**
 * The signing keys of one provider, read over its metadata. A key that is not known makes us read them again, at most
 * every 30 s; while the provider is down the last ones hold for a bounded time. `clock` returns milliseconds that never
 * jump back.
 */
export class ProviderKeys {
  readonly #source: Source;
  readonly #fetchJson: FetchJson;
  readonly #clock: () => number;
  #held: Held | null = null;
  #attemptAt = Number.NEGATIVE_INFINITY;
  #failure = '';
  #reading: Promise<void> | null = null;

  constructor(source: Source, fetchJson: FetchJson, clock: () => number) {
    this.#source = source;
    this.#fetchJson = fetchJson;
    this.#clock = clock;
  }

  /** The key that a header names. Throws JWKSNoMatchingKey and its like of jose, and ProviderUnavailable. */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    const held = this.#held;
    if (held === null || this.#clock() - held.readAt >= keysFreshMs) await this.#read();
    try {
      return await this.#lookUp(header);
    } catch (error) {
      const unknown = error instanceof errors.JWKSNoMatchingKey;
      if (!unknown || !(await this.#read())) throw error;
      return this.#lookUp(header);
    }
  }

  #lookUp(header: JWSHeaderParameters): Promise<CryptoKey> {
    const { keysOutageHours } = this.#source;
    const age = this.#held === null ? Number.POSITIVE_INFINITY : this.#clock() - this.#held.readAt;
    if (this.#held === null || age >= keysFreshMs + keysOutageHours * 3_600_000) {
      throw new ProviderUnavailable(this.#failure);
    }
    return this.#held.find(header) as Promise<CryptoKey>;
  }

  /** False when it is too early for another attempt. */
  async #read(): Promise<boolean> {
    if (this.#reading === null && this.#clock() - this.#attemptAt < keysCooldownMs) return false;
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
    return true;
  }

  async #readNow(): Promise<void> {
    this.#attemptAt = this.#clock();
    try {
      const keys = await this.#fetchJson(
        this.#source.jwksUri ?? keysUrl(await readMetadata(this.#source, this.#fetchJson)),
      );
      if (!Array.isArray(keys.keys)) throw new Error('its key set holds no keys');
      this.#held = { find: createLocalJWKSet(keys as unknown as JSONWebKeySet), readAt: this.#attemptAt };
    } catch (error) {
      this.#failure = `the keys of ${this.#source.issuer} cannot be read: ${messageOf(error)}`;
    }
  }
}
