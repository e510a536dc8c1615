import { z } from 'zod';
import { identifier, instant } from './common.ts';
import { identityProvider } from './identity.ts';
import { scope } from './policy.ts';

/** Where a sign-in of the operator stands, at one provider. No token is ever in it. */
export const signInState = z.discriminatedUnion('state', [
  /** The provider has no client, or one that no person signs in with. */
  z.object({ state: z.literal('impossible'), why: z.string() }),
  /** `why`: what ended the last one; null when there was none, or the operator signed out. */
  z.object({ state: z.literal('signed_out'), why: z.string().nullable() }),
  z.object({
    state: z.literal('waiting'),
    /** Where to sign in; null until the provider was asked. */
    url: z.string().nullable(),
    /** What to type there, when it is done on another device. */
    userCode: z.string().nullable(),
    /** True when the system's browser was told to open it. */
    opened: z.boolean(),
    deadlineAt: instant,
  }),
  z.object({
    state: z.literal('signed_in'),
    /** As the gate would see it: `provider:subject` and `provider:client`. */
    subject: z.string(),
    agent: z.string(),
    groups: z.array(z.string()),
    connections: z.array(z.string()),
    since: instant,
    /** `keychain`: also after Postern was started again. `memory`: until it ends. */
    kept: z.enum(['keychain', 'memory']),
    /** When it ends by itself, because the provider gave no refresh token; null when it renews itself. */
    endsAt: instant.nullable(),
  }),
]);
export type SignInState = z.infer<typeof signInState>;

/** Whether this host can keep a sign-in over a restart; if not, `why`. */
export const keychainState = z.discriminatedUnion('available', [
  z.object({ available: z.literal(true), name: z.string() }),
  z.object({ available: z.literal(false), why: z.string() }),
]);
export type KeychainState = z.infer<typeof keychainState>;

export const identityProviderView = z.object({ config: identityProvider, signIn: signInState });
export type IdentityProviderView = z.infer<typeof identityProviderView>;

/** A program of this user that asks for an access token of the operator's sign-in, and waits for the answer. */
export const tokenRequest = z.object({
  id: z.string(),
  /** Shown here and where the program was started, so that the two can be told to belong together. */
  code: z.string(),
  connection: identifier,
  provider: identifier,
  subject: z.string(),
  /** What else the token opens, since it speaks for the whole sign-in. */
  otherConnections: z.array(z.string()),
  askedAt: instant,
  deadlineAt: instant,
});
export type TokenRequest = z.infer<typeof tokenRequest>;

const step = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });

/** What was found at a provider. `steps` says how far it came, in order. */
export const providerTest = z.object({
  ok: z.boolean(),
  steps: z.array(step),
  keys: z.array(z.object({ id: z.string().nullable(), type: z.string(), usable: z.boolean(), detail: z.string() })),
});
export type ProviderTest = z.infer<typeof providerTest>;

/** What the gate makes of a token. Neither the token nor any part of its signature is in it. */
export const tokenTrial = z.object({
  /** Why it is refused, precisely; null when it is taken. */
  refusal: z.string().nullable(),
  /** What the token says of itself; not proven when it is refused. */
  claims: z.array(z.object({ name: z.string(), value: z.string() })),
  identity: z
    .object({
      provider: z.string(),
      agent: z.string(),
      subject: z.string(),
      groups: z.array(z.string()),
      expiresAt: instant,
      connections: z.array(
        z.object({
          name: z.string(),
          /** Place of the grant that decides there, from 1. */
          grant: z.number().int(),
          scope: scope.nullable(),
        }),
      ),
    })
    .nullable(),
});
export type TokenTrial = z.infer<typeof tokenTrial>;

/** A line that gets a token and connects with it, for a connection that a provider grants. */
export const tokenAddress = z.object({
  provider: z.string(),
  /** Prints a fresh token. */
  token: z.string(),
  psql: z.string(),
  claude: z.string(),
});
export type TokenAddress = z.infer<typeof tokenAddress>;
