import { randomBytes, randomUUID } from 'node:crypto';
import { type IdentityProvider, messageOf } from '../../contract/index.ts';
import type { SignInRecord } from '../../gateway/types.ts';
import { createAskLimit } from './ask-limit.ts';
import { createClientSecrets } from './client-secret.ts';
import { handOut } from './hand-out.ts';
import type { Keychain } from './keychain.ts';
import { SignIns, type SignInsOptions } from './sign-ins.ts';
import { openTokenDoor } from './token-door.ts';
import { TokenRequests } from './token-requests.ts';

export interface SignInDeskOptions extends Pick<SignInsOptions, 'openBrowser' | 'log'> {
  readonly keychain: Keychain;
  /** Path of the Unix socket for `postern token`; null where there can be none. */
  readonly socket: string | null;
  readonly providers: () => readonly IdentityProvider[];
  readonly record: (record: SignInRecord) => void;
  readonly operator: string;
}

/** The operator's sign-ins of a running gate, and the door for programs that ask for a token of them. */
export interface SignInDesk {
  readonly signIns: SignIns;
  readonly tokenRequests: TokenRequests;
  close(): Promise<void>;
}

/** Takes up kept sign-ins and opens the door. Without the door `postern token` signs in by itself: that is logged, and no fault. */
export async function openSignInDesk(options: SignInDeskOptions): Promise<SignInDesk> {
  const { socket, providers, record, operator, log } = options;
  const signIns = new SignIns({
    ...options,
    secrets: createClientSecrets({
      environment: process.env,
      sources: providers().flatMap(({ client }) => client?.secret ?? []),
    }),
    now: Date.now,
    record: (event, provider, subject, reason) =>
      record({ event, provider, subject, connection: null, by: reason === null ? operator : null, reason }),
  });
  await signIns.restore(providers());
  const tokenRequests = new TokenRequests({ now: Date.now, newId: randomUUID, random: randomBytes });
  const asking = createAskLimit(Date.now);
  const door =
    socket === null
      ? null
      : await openTokenDoor({
          path: socket,
          serve: (errand, signal, asked) =>
            handOut(errand, signal, asked, { providers, signIns, requests: tokenRequests, asking, record, operator }),
        }).catch((error: unknown) => {
          log('warn', `postern token cannot ask this gate: ${messageOf(error)}`);
          return null;
        });
  return {
    signIns,
    tokenRequests,
    close: async () => {
      signIns.stop();
      tokenRequests.stop();
      await door?.close();
    },
  };
}
