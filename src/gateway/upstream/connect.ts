import { backend, limit } from '../wire/constants.ts';
import { decodeBackendKeyData, decodeParameterStatus, decodeReadyForQuery } from '../wire/decode-backend.ts';
import { startupMessage } from '../wire/encode-frontend.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { authenticate } from './authenticate.ts';
import { type DeadlineOptions, withDeadline } from './deadline.ts';
import { describeAddress, UpstreamError } from './error.ts';
import { RefusedBeforeLogin, refusal } from './login-error.ts';
import { MessageChannel, protocolError, readErrorFields } from './message-channel.ts';
import { refuseOldServer } from './server-version.ts';
import { readTargetIdentity } from './target-identity.ts';
import { attempts, openTransport, type Transport } from './transport.ts';
import type { UpstreamConnection, UpstreamTarget } from './types.ts';

export interface ConnectOptions extends DeadlineOptions {
  /** Ask which database was reached, before the connection is anybody's. */
  readonly identify?: boolean | undefined;
  /** Told of each milestone as it is reached; from `connected` on again where sslmode allows a second attempt. */
  readonly progress?: ((milestone: ConnectMilestone) => void) | undefined;
}

export type ConnectMilestone = 'connected' | 'encrypted' | 'unencrypted' | 'authenticated';

/**
 * Opens the upstream, logs in and waits for its first ReadyForQuery, speaking protocol 3.0. `startup` are run-time
 * parameters to forward (user and database come from `target`; `_pq_.` options are left out). The socket comes back
 * paused: add listeners, take `rest`, then `resume()`. It keeps one silent error listener, so that a failure before it
 * is adopted cannot end the process; `close` follows every failure.
 *
 * Where sslmode lets libpq try twice (`allow`, `prefer`), the second attempt is made only when the first failed at the
 * handshake or was refused before log-in (SQLSTATE 28000); a refused password is not tried again in the clear.
 *
 * Rejects with UpstreamError.
 */
export function connectUpstream(
  target: UpstreamTarget,
  startup: ReadonlyMap<string, string>,
  options: ConnectOptions = {},
): Promise<UpstreamConnection> {
  return withDeadline(target, options, async (guard) => {
    const packet = startupPacket(target, startup);
    const attempt = async (transport: Promise<Transport>): Promise<UpstreamConnection> => {
      const { socket, encrypted } = await transport;
      options.progress?.(encrypted ? 'encrypted' : 'unencrypted');
      try {
        return await logIn({ socket, encrypted }, packet, target, options);
      } catch (error) {
        socket.destroy();
        throw error;
      }
    };
    let first: UpstreamError | null = null;
    for (const encryption of attempts(target.sslmode, target.host)) {
      try {
        return await attempt(openTransport(target, encryption, guard, () => options.progress?.('connected')));
      } catch (error) {
        if (first !== null) throw withFirstFailure(error, first);
        if (!mayRetry(error)) throw error;
        first = error;
      }
    }
    throw first ?? new Error('an sslmode without attempts');
  });
}

function mayRetry(error: unknown): error is UpstreamError {
  return error instanceof RefusedBeforeLogin || (error instanceof UpstreamError && error.code === 'tls_refused');
}

function withFirstFailure(error: unknown, first: UpstreamError): unknown {
  if (!(error instanceof UpstreamError)) return error;
  return new UpstreamError(error.code, {
    message: error.message,
    detail: [error.detail, `The first attempt failed: ${first.message}`].filter((part) => part !== null).join(' '),
    hint: error.hint ?? undefined,
    fields: error.fields ?? undefined,
  });
}

async function logIn(
  { socket, encrypted }: Transport,
  packet: Buffer,
  target: UpstreamTarget,
  options: ConnectOptions,
): Promise<UpstreamConnection> {
  const channel = new MessageChannel(socket, target);
  try {
    channel.write(packet);
    const { method, notices } = await authenticate(channel, socket, target);
    options.progress?.('authenticated');
    const session = await readUntilReady(channel, target);
    refuseOldServer(session.parameters, target);
    const identity = options.identify === true ? await readTargetIdentity(channel, target) : null;
    return {
      socket,
      rest: channel.release(),
      parameters: session.parameters,
      processId: session.processId,
      secretKey: session.secretKey,
      notices: [...notices, ...session.notices],
      encrypted,
      authMethod: method,
      identity,
    };
  } catch (error) {
    channel.release();
    throw error instanceof ProtocolError ? protocolError(target, error.message) : error;
  }
}

/** What comes between AuthenticationOk and the first ReadyForQuery. Poolers may send no BackendKeyData. */
async function readUntilReady(
  channel: MessageChannel,
  target: UpstreamTarget,
): Promise<Pick<UpstreamConnection, 'parameters' | 'processId' | 'secretKey' | 'notices'>> {
  const parameters = new Map<string, string>();
  const notices: Buffer[] = [];
  let key: { processId: number; secretKey: Buffer } = { processId: 0, secretKey: Buffer.alloc(0) };
  for (;;) {
    const frame = await channel.read('starting the session');
    switch (frame[0]) {
      case backend.parameterStatus: {
        const { name, value } = decodeParameterStatus(frame);
        parameters.set(name, value);
        break;
      }
      case backend.backendKeyData:
        key = decodeBackendKeyData(frame);
        break;
      case backend.noticeResponse:
        notices.push(Buffer.from(frame));
        break;
      case backend.readyForQuery:
        if (decodeReadyForQuery(frame) !== 'I') throw protocolError(target, 'the session begins inside a transaction');
        return { parameters, ...key, notices };
      case backend.errorResponse:
        throw refusal(readErrorFields(frame, target), target, true);
      default:
        throw protocolError(target, 'an unexpected message between log-in and the first ReadyForQuery');
    }
  }
}

function startupPacket(target: UpstreamTarget, startup: ReadonlyMap<string, string>): Buffer {
  const forwarded = [...startup].filter(
    ([name]) => name !== 'user' && name !== 'database' && !name.startsWith('_pq_.'),
  );
  const parameters = [['user', target.user] as const, ['database', target.database] as const, ...forwarded];
  // A zero or an empty name would end the packet early and let the rest be read as something else.
  if (parameters.some(([name, value]) => name === '' || name.includes('\0') || value.includes('\0'))) {
    throw new UpstreamError('protocol', { message: 'a start-up parameter holds a zero byte or has no name' });
  }
  const packet = startupMessage(parameters);
  if (packet.length > limit.startupPacket) {
    throw new UpstreamError('protocol', {
      message: `the start-up parameters for ${describeAddress(target)} take ${packet.length} bytes; ${limit.startupPacket} is the most that PostgreSQL reads`,
    });
  }
  return packet;
}
