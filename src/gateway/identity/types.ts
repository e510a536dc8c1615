import type { Scope } from '../../contract/index.ts';

/** Who is asking, once proved. */
export interface Identity {
  /** The agent: the configured name of a key, or `provider:client` of a token. Names hold no colon. */
  readonly agent: string;
  /** Who stands behind it: `key:<fingerprint>`, or `provider:subject`. */
  readonly subject: string;
  /** As the provider says, or as configured for the agent of a key. */
  readonly groups: readonly string[];
  /** Names of the connections it may use, as configured when it was proved. */
  readonly connections: readonly string[];
  /** The token that proved it; null for an agent key. */
  readonly token: TokenFacts | null;
  /** The hash of the key that proved it; null for a token. */
  readonly keyHash: string | null;
}

/** What is kept of a token. Never the token itself. */
export interface TokenFacts {
  readonly provider: string;
  readonly issuer: string;
  /** Values of the configured claims. */
  readonly subject: string;
  readonly client: string;
  /** `jti`; null when it has none. */
  readonly id: string | null;
  /** `exp`, milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What an identity may do on a connection at this moment. */
export interface Rights {
  readonly scope: Scope | null;
  /** What rules may match by. */
  readonly groups: readonly string[];
}

/** What a client proves itself with. */
export type PresentedProof =
  /** An agent key, or an access token in place of one. */
  | { readonly kind: 'password'; readonly password: string }
  /** An access token and nothing else. */
  | { readonly kind: 'token'; readonly token: string }
  /** Nothing that could be either; the reason completes "the client …". */
  | { readonly kind: 'unusable'; readonly reason: string };

export interface LoginAttempt {
  readonly proof: PresentedProof;
  /** What failures are counted by: a user of this machine where the system tells, else the address, never with its port. */
  readonly source: string;
}

/** What one way of proving says. `reason` is for the operator and the log; it never quotes the password or token. */
export type Proof =
  | { readonly ok: true; readonly identity: Identity }
  | {
      readonly ok: false;
      readonly reason: string;
      /** For the client as well, who has proved that it had a right once; it hears 28P01 and nothing more when null. */
      readonly told: string | null;
    };

export type LoginResult =
  | Extract<Proof, { ok: true }>
  /** `delayMs`: how long the answer has to wait, in milliseconds; 0 while failures are not limited. */
  | (Extract<Proof, { ok: false }> & { readonly delayMs: number });

export interface Authenticator {
  authenticate(attempt: LoginAttempt): Promise<LoginResult>;
}

export const refused = (reason: string, told: string | null = null): Extract<Proof, { ok: false }> => ({
  ok: false,
  reason,
  told,
});
