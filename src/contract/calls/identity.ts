import { z } from 'zod';
import { identifier } from '../common.ts';
import { identityProvider } from '../identity.ts';
import { identityProviderView, keychainState, providerTest, tokenRequest, tokenTrial } from '../sign-in.ts';
import { nothing } from './inputs.ts';

const providerName = z.object({ provider: identifier });

/** Identity providers, the operator's sign-ins there, and programs that wait for a token. */
export const identityCalls = {
  'identity.list': {
    input: nothing,
    output: z.object({
      providers: z.array(identityProviderView),
      keychain: keychainState,
      /** Programs that wait for a token, oldest first. */
      requests: z.array(tokenRequest),
    }),
  },
  'identity.save': { input: identityProvider, output: identityProviderView },
  /** Its sessions end, and a sign-in there is forgotten. */
  'identity.remove': { input: providerName, output: nothing },
  /** Asks the provider as typed, before it is saved. */
  'identity.test': { input: identityProvider, output: providerTest },
  /** The token is looked at in memory and forgotten; with `as`, by that configuration alone. */
  'identity.tryToken': {
    input: z.object({ token: z.string().min(1).max(70_000), as: identityProvider.optional() }),
    output: tokenTrial,
  },
  /** Begins a sign-in; how it goes on is seen in the list. */
  'identity.signIn': {
    input: z.object({
      provider: identifier,
      flow: z.enum(['authorization_code', 'device_code']),
      /** Keeps it in the system's keychain as well. */
      remember: z.boolean(),
    }),
    output: identityProviderView,
  },
  'identity.cancelSignIn': { input: providerName, output: identityProviderView },
  'identity.signOut': {
    input: providerName,
    /** What the provider was told; `note` when it goes on knowing the sign-in. */
    output: z.object({ view: identityProviderView, note: z.string().nullable() }),
  },
  'identity.answerRequest': { input: z.object({ id: z.string().max(64), give: z.boolean() }), output: nothing },
} as const;
