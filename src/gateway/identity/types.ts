/** Who is asking, once proved. */
export interface Identity {
  /** The agent's configured name. */
  readonly agent: string;
  /** Who stands behind it: for an agent key, `key:<fingerprint>`. */
  readonly subject: string;
  /** Names of the connections it may use. */
  readonly connections: readonly string[];
}

export interface LoginAttempt {
  /** The `user` of the start-up packet: a claim, not proof. */
  readonly user: string;
  readonly database: string;
  readonly password: string;
  /** What failures are counted by: a user of this machine where the system tells, else the address, never with its port. */
  readonly source: string;
}

/** `reason` is for the operator and the log; the client hears 28P01 and nothing more. */
export type LoginResult =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly reason: string; readonly rateLimited: boolean };

export interface Authenticator {
  authenticate(attempt: LoginAttempt): Promise<LoginResult>;
}
