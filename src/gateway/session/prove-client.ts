import type { Socket } from 'node:net';
import type { Identity, LoginResult, PresentedProof } from '../identity/types.ts';
import { limit } from '../wire/constants.ts';
import { decodeSaslInitialResponse, decodeSaslResponse } from '../wire/decode-frontend.ts';
import { authenticationSasl, authenticationSaslContinue } from '../wire/encode-backend.ts';
import { bearerError, keyValueSeparator, oauthBearer, readBearerResponse } from '../wire/oauth-bearer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { AskedProof } from './authentication.ts';
import { ProofReader, readPassword } from './proof-reader.ts';

export interface ProofDialogue {
  readonly socket: Socket;
  readonly asked: AskedProof;
  readonly deadline: AbortSignal;
  /** What the client sent before it was asked. */
  readonly early: Buffer;
  /** Judges what the client gave. */
  readonly prove: (proof: PresentedProof) => Promise<LoginResult>;
}

export type ProofResult =
  /** `rest` came behind the proof: a client may send statements before it is told that it may. */
  | { readonly kind: 'proved'; readonly identity: Identity; readonly rest: Buffer }
  /** `acknowledge` is what the method asks for between a failure and the server's error. It throws as `proveClient`. */
  | {
      readonly kind: 'failed';
      readonly failure: Extract<LoginResult, { ok: false }>;
      readonly acknowledge: () => Promise<void>;
    }
  /** The client only asked where tokens come from, and was told. That is no failure; its connection is over. */
  | { readonly kind: 'discovery' };

/** Asks a client for its proof and has it judged. Throws ProtocolError and ClientGone. */
export async function proveClient(dialogue: ProofDialogue): Promise<ProofResult> {
  if (dialogue.asked.method === 'oauthbearer') return proveByBearer(dialogue, dialogue.asked);
  const { socket, deadline, early, prove } = dialogue;
  const { password, rest } = await readPassword(socket, deadline, early);
  const login = await prove({ kind: 'password', password });
  if (login.ok) return { kind: 'proved', identity: login.identity, rest };
  return { kind: 'failed', failure: login, acknowledge: () => Promise.resolve() };
}

/** The server's part of OAUTHBEARER (RFC 7628, 3; PostgreSQL's "SASL Authentication"). */
async function proveByBearer(
  { socket, deadline, early, prove }: ProofDialogue,
  { source }: Extract<AskedProof, { method: 'oauthbearer' }>,
): Promise<ProofResult> {
  socket.write(authenticationSasl([oauthBearer]));
  const expected = 'expected SASL response';
  const reader = new ProofReader(socket, { deadline, early, limit: limit.saslResponse, expected });
  /** Every answer but success: the error, which the client has to acknowledge before it hears the server's (RFC 7628, 3.2.3). */
  const fail = async (): Promise<void> => {
    socket.write(authenticationSaslContinue(bearerError(source)));
    if (decodeSaslResponse(await reader.next()).toString('latin1') !== keyValueSeparator) {
      throw new ProtocolError('malformed OAUTHBEARER message: the error was not acknowledged');
    }
  };
  const said = readBearerResponse(await firstResponse(socket, reader));
  if (said.kind === 'discovery') {
    await fail();
    return { kind: 'discovery' };
  }
  const login = await prove(said);
  if (login.ok) return { kind: 'proved', identity: login.identity, rest: reader.rest() };
  return { kind: 'failed', failure: login, acknowledge: fail };
}

/** A client may let itself be asked with an empty challenge first (RFC 4422, 5). */
async function firstResponse(socket: Socket, reader: ProofReader): Promise<Buffer> {
  const { mechanism, response } = decodeSaslInitialResponse(await reader.next());
  if (mechanism !== oauthBearer) {
    throw new ProtocolError('client selected an invalid SASL authentication mechanism');
  }
  if (response !== null) return response;
  socket.write(authenticationSaslContinue(Buffer.alloc(0)));
  return decodeSaslResponse(await reader.next());
}
