import {
  DeskError,
  type IdentityProvider,
  messageOf,
  type SignInState,
  type TokenClient,
} from '../../contract/index.ts';
import type { SignInPlace } from './flows.ts';
import type { HeldSignIn } from './held-sign-ins.ts';
import { openedTo } from './own-token.ts';

/** A sign-in that a person is at. */
export interface WaitingSignIn {
  readonly abort: AbortController;
  readonly deadlineAt: number;
  /** Null until the provider was asked. */
  place: SignInPlace | null;
}

/** The client that a person signs in with; null when there is none. */
export const personsClient = ({ client }: IdentityProvider): TokenClient | null =>
  client === undefined || client.flow === 'client_credentials' ? null : client;

export const whyImpossible = ({ name, client }: IdentityProvider): string =>
  client === undefined
    ? `${name} has no client to sign in with.`
    : `The client of ${name} is a service account: it gets its tokens by itself.`;

/** Where the sign-in at a provider stands; `ended` says why there is none any more. `now` in milliseconds since the epoch. */
export function signInStateOf(
  provider: IdentityProvider,
  waiting: WaitingSignIn | undefined,
  held: HeldSignIn | null,
  ended: string | undefined,
  now: number,
): SignInState {
  if (personsClient(provider) === null) return { state: 'impossible', why: whyImpossible(provider) };
  if (waiting !== undefined) {
    const { place, deadlineAt } = waiting;
    const url = place?.code?.complete ?? place?.url ?? null;
    return { state: 'waiting', url, userCode: place?.code?.typed ?? null, opened: place?.opened ?? false, deadlineAt };
  }
  if (held === null) return { state: 'signed_out', why: ended ?? null };
  const { who, since, kept, proof } = held;
  return {
    state: 'signed_in',
    ...{ subject: who.subject, agent: who.agent, groups: [...who.groups], since, kept },
    connections: [...openedTo(who, provider, now)],
    endsAt: 'endsAt' in proof ? proof.endsAt : null,
  };
}

export const notSignedIn = ({ name }: IdentityProvider, why: string | null): DeskError =>
  new DeskError(
    'not_signed_in',
    `Nobody is signed in at ${name}.${why === null ? '' : ` ${why}`}`,
    'Sign in at the desk, under Connections, Identity.',
  );

/** What went wrong and what to do next, in one text. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof DeskError) || error.hint === null) return messageOf(error);
  return `${error.message} ${error.hint}`;
}
