import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { authentication } from '../wire/constants.ts';
import { saslInitialResponse, saslResponse } from '../wire/encode-frontend.ts';
import { tlsServerEndPoint } from './channel-binding.ts';
import { authProtocolError, passwordOf, refuseUnbound, requireMethod, unsupported } from './login-error.ts';
import type { MessageChannel } from './message-channel.ts';
import { type ChannelBinding, createScramClient, ScramError } from './scram.ts';
import { certificateCheck } from './tls.ts';
import type { UpstreamTarget } from './types.ts';

/** An authentication request of the server: its code and what follows it. */
export interface AuthenticationRequest {
  readonly code: number;
  readonly data: Buffer;
}

/**
 * Answers AuthenticationSASL (`offer` is its list of mechanisms) with SCRAM-SHA-256, bound to the TLS channel where the
 * server offers that; returns once the server has proved that it knows the password. Throws UpstreamError.
 */
export async function authenticateSasl(
  offer: Buffer,
  channel: MessageChannel,
  socket: Socket,
  target: UpstreamTarget,
  nextRequest: () => Promise<AuthenticationRequest>,
): Promise<void> {
  const offered = readMechanisms(offer);
  const plain = offered.includes('SCRAM-SHA-256');
  const { channelBinding = 'prefer' } = target;
  const plus = offered.includes('SCRAM-SHA-256-PLUS') && socket instanceof TLSSocket && channelBinding !== 'disable';
  if (!plain && !plus) throw unsupported(target, `SASL with ${offered.join(', ') || 'no mechanism'}`);
  requireMethod('scram-sha-256', target);
  const binding = chooseBinding(plus, socket, target);
  if (binding.kind !== 'tls-server-end-point') refuseUnbound(target);
  const mechanism = binding.kind === 'tls-server-end-point' ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  if (!offered.includes(mechanism)) throw unsupported(target, `SASL with ${offered.join(', ')}`);
  const password = passwordOf(target);
  const client = createScramClient(binding, randomBytes(18).toString('base64'));
  try {
    channel.write(saslInitialResponse(mechanism, Buffer.from(client.firstMessage)));
    const challenge = await nextRequest();
    if (challenge.code !== authentication.saslContinue) throw new ScramError('the server sent no challenge');
    channel.write(saslResponse(Buffer.from(await client.respond(challenge.data.toString('utf8'), password))));
    const final = await nextRequest();
    if (final.code !== authentication.saslFinal) throw new ScramError('the server sent no proof');
    client.verify(final.data.toString('utf8'));
  } catch (error) {
    if (error instanceof ScramError) throw authProtocolError(target, error.message);
    throw error;
  }
}

function chooseBinding(plus: boolean, socket: Socket, target: UpstreamTarget): ChannelBinding {
  if (!(socket instanceof TLSSocket) || target.channelBinding === 'disable') return { kind: 'unsupported' };
  if (!plus) return { kind: 'not_offered' };
  const certificate = socket.getPeerX509Certificate()?.raw;
  const data = certificate === undefined ? null : tlsServerEndPoint(certificate);
  if (data !== null) return { kind: 'tls-server-end-point', data };
  // Without a binding only a checked certificate says that no one sits between. libpq gives up here in every mode.
  if (certificateCheck(target.sslmode, target.sslrootcert) !== 'nothing') return { kind: 'unsupported' };
  throw authProtocolError(target, 'its certificate is signed in a way that channel binding does not know', {
    hint: 'Set sslmode to verify-full with sslrootcert, so that the certificate itself is checked.',
  });
}

function readMechanisms(offer: Buffer): string[] {
  const names = offer.toString('latin1').split('\0');
  return names.slice(0, names.indexOf(''));
}
