import { DeskError, type IdentityProvider } from '../../contract/index.ts';
import type { SignInRecord } from '../../gateway/types.ts';
import type { Asking } from './ask-limit.ts';
import { chooseProvider } from './choose-provider.ts';
import { notSignedIn } from './sign-in-state.ts';
import type { SignIns } from './sign-ins.ts';
import type { TokenErrand } from './token-door-protocol.ts';
import type { TokenAnswer, TokenRequests } from './token-requests.ts';

export interface HandOutOptions {
  readonly providers: () => readonly IdentityProvider[];
  readonly signIns: SignIns;
  readonly requests: TokenRequests;
  /** Counts one more program that asks. */
  readonly asking: () => Asking;
  readonly record: (record: SignInRecord) => void;
  /** Name of the operating-system user at the desk. */
  readonly operator: string;
}

const refusals: Readonly<Record<Exclude<TokenAnswer, 'given'>, string>> = {
  refused: 'the operator refused',
  expired: 'nobody answered at the desk within two minutes',
  withdrawn: 'it was withdrawn',
  too_many: 'too many programs wait for a token already',
};

/**
 * Gives an access token of the operator's sign-in to a program that asks, once the operator has said so at the desk: any
 * program of this user can ask. Given and refused, it is on record before the program hears of it. Rejects with DeskError
 * `not_signed_in`, `token_refused`, and those of `SignIns.accessToken`.
 */
export async function handOut(
  { connection, provider: wanted }: TokenErrand,
  signal: AbortSignal,
  asked: (code: string) => void,
  { providers, signIns, requests, asking, record, operator }: HandOutOptions,
): Promise<string> {
  const { provider } = chooseProvider(providers(), connection, wanted);
  const who = signIns.who(provider);
  if (who === null) throw notSignedIn(provider, null);
  const { subject } = who;
  const facts = { provider: provider.name, subject, connection };
  const may = asking();
  if (may !== 'may_ask') {
    const reason = 'programs ask for tokens too often';
    if (may === 'refused_first')
      record({
        event: 'token_refused',
        ...facts,
        by: null,
        reason: `${reason}; more of them within the minute are not recorded`,
      });
    throw new DeskError(
      'token_refused',
      `No token for ${connection}: ${reason}.`,
      'Wait a minute, and look for the program that asks; `postern token --sign-in` does not need the desk.',
    );
  }
  const otherConnections = who.connections.filter((name) => name !== connection);
  const answer = await requests.ask({ connection, provider: provider.name, subject, otherConnections }, signal, asked);
  if (answer !== 'given') {
    const reason = refusals[answer];
    record({ event: 'token_refused', ...facts, by: answer === 'refused' ? operator : null, reason });
    throw new DeskError('token_refused', `No token for ${connection}: ${reason}.`, 'Ask again, or use an agent key.');
  }
  const token = await signIns.accessToken(provider, connection);
  if (signIns.who(provider)?.subject !== subject) {
    throw new DeskError('token_refused', 'Somebody else signed in meanwhile.', 'Ask again.');
  }
  record({ event: 'token_given', ...facts, by: operator, reason: null });
  return token;
}
