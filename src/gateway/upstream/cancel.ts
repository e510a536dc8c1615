import { cancelRequest } from '../wire/encode-frontend.ts';
import { type DeadlineOptions, withDeadline } from './deadline.ts';
import { UpstreamError } from './error.ts';
import { networkError } from './network-error.ts';
import { attempts, openTransport } from './transport.ts';
import type { UpstreamTarget } from './types.ts';

/** How long a cancel may take in all, in milliseconds: the session sends nothing new meanwhile. */
export const cancelTimeoutMs = 5_000;

export interface CancelOptions extends DeadlineOptions {
  /** Whether the session to cancel is encrypted; its key then travels encrypted too. By default as sslmode begins. */
  readonly encrypted?: boolean | undefined;
}

/**
 * Asks the server to cancel what the session is doing. Resolves only when the server has closed the cancel socket: from
 * then on the signal is delivered, and a statement sent afterwards cannot be hit by it (protocol.md, E9). Resolving does
 * not say that anything was cancelled; the protocol has no answer. Rejects with UpstreamError.
 */
export function cancelUpstream(
  target: UpstreamTarget,
  processId: number,
  secretKey: Buffer,
  options: CancelOptions = {},
): Promise<void> {
  return withDeadline(target, { timeoutMs: cancelTimeoutMs, ...options }, async (guard) => {
    if (secretKey.length === 0) {
      throw new UpstreamError('protocol', { message: 'the server gave this session no cancel key' });
    }
    const asBefore = attempts(target.sslmode, target.host)[0] ?? 'required';
    const encryption = options.encrypted === undefined ? asBefore : options.encrypted ? 'required' : 'none';
    const { socket } = await openTransport(target, encryption, guard);
    await new Promise<void>((resolve, reject) => {
      let sent = false;
      let failure: Error | null = null;
      socket.on('error', (error) => {
        failure = error;
      });
      // A reset behind the request counts as closed: the server has nothing to say and may not read our farewell.
      socket.once('close', () => (sent ? resolve() : reject(networkError(failure ?? new Error('closed'), target))));
      socket.write(cancelRequest(processId, secretKey), (error) => {
        sent = error === undefined || error === null;
      });
      socket.resume();
    });
  });
}
