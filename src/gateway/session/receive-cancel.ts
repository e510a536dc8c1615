import { setTimeout as delay } from 'node:timers/promises';
import type { CancelLimiter } from '../identity/cancel-limiter.ts';
import type { CancelRegistry } from './cancel-registry.ts';

export interface CancelDoorOptions {
  readonly registry: CancelRegistry;
  readonly limiter: CancelLimiter;
  /** A key that is nobody's: for the gate's journal. `unread` more requests were turned away since the last one. */
  readonly refused: (attempt: {
    readonly clientAddress: string;
    readonly processId: number;
    readonly unread: number;
  }) => void;
}

export interface CancelAttempt {
  readonly processId: number;
  readonly secretKey: Buffer;
  /** Address and port of the client. */
  readonly clientAddress: string;
  /** When its connection was made, in milliseconds of the monotonic clock. */
  readonly arrivedAt: number;
}

/**
 * Takes CancelRequests. The returned function resolves when the effect of one is complete, or when it has none; the
 * client is told nothing but the end of its connection, as the protocol has it. It never rejects.
 */
export function createCancelDoor({ registry, limiter, refused }: CancelDoorOptions) {
  let unread = 0;
  return async ({ processId, secretKey, clientAddress, arrivedAt }: CancelAttempt): Promise<void> => {
    const host = clientAddress.replace(/:\d+$/, '');
    const wait = limiter.turn(host);
    if (wait === null) {
      unread += 1;
      return;
    }
    if (wait > 0) await delay(wait);
    const cancel = registry.find(processId, secretKey);
    if (cancel === null) {
      refused({ clientAddress, processId, unread });
      unread = 0;
      return;
    }
    limiter.right(host);
    await cancel(arrivedAt);
  };
}
