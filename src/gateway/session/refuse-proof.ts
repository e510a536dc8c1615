import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlstate } from '../wire/constants.ts';
import type { AskedProof } from './authentication.ts';
import { refuseClient } from './client-handshake.ts';
import type { ProofResult } from './prove-client.ts';
import { ClientGone } from './startup-reader.ts';

type Method = AskedProof['method'];

/** The same for everybody: it tells nothing about what was wrong. */
const hints: Readonly<Record<Method, string>> = {
  password:
    'Postern takes an agent key or an access token as the password. Tokens expire: get a fresh one (`postern token`), or ask the operator.',
  oauthbearer: 'Postern takes an access token here (OAUTHBEARER). Tokens expire: get a fresh one, or ask the operator.',
};

/** The last words to a client that did not prove itself, as the server has them for each method. */
export function refuseProof(socket: Socket, method: Method, user: string, told: string | null = null): void {
  const [state, what] =
    method === 'password'
      ? [sqlstate.invalidPassword, 'password authentication']
      : [sqlstate.invalidAuthorization, 'OAuth bearer authentication'];
  refuseClient(socket, state, `${what} failed for user "${user}"`, { detail: told ?? undefined, hint: hints[method] });
}

/** Answers a failure, late when failures are limited. A client that does not wait for it is owed nothing. */
export async function refuseFailure(
  socket: Socket,
  method: Method,
  user: string,
  { failure, acknowledge }: Extract<ProofResult, { kind: 'failed' }>,
): Promise<void> {
  if (failure.delayMs > 0) await sleep(failure.delayMs);
  try {
    await acknowledge();
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    socket.destroy();
    return;
  }
  refuseProof(socket, method, user, failure.told);
}
