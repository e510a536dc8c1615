import type { Socket } from 'node:net';
import { describeAddress, UpstreamError } from './error.ts';

export interface DeadlineOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Milliseconds that opening a connection may take in all, log-in included. */
export const defaultTimeoutMs = 15_000;

/**
 * Runs `work` under a deadline and the caller's signal. Every socket that `work` passes to `guard` is destroyed when
 * either strikes or when `work` fails. Rejects with UpstreamError `timeout` or `aborted`, else with what `work` threw.
 */
export async function withDeadline<T>(
  target: { readonly host: string; readonly port: number },
  options: DeadlineOptions,
  work: (guard: <S extends Socket>(socket: S) => S) => Promise<T>,
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const sockets = new Set<Socket>();
  let reason: UpstreamError | null = null;
  const strike = (error: UpstreamError): void => {
    reason ??= error;
    for (const socket of sockets) socket.destroy(reason);
  };
  const guard = <S extends Socket>(socket: S): S => {
    sockets.add(socket);
    if (reason !== null) socket.destroy(reason);
    return socket;
  };
  const abort = (): void => strike(abortedError(target));
  if (options.signal?.aborted === true) throw abortedError(target);
  options.signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => strike(timeoutError(target, timeoutMs)), timeoutMs);
  try {
    const result = await work(guard);
    if (reason !== null) throw reason;
    return result;
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

function abortedError(target: { readonly host: string; readonly port: number }): UpstreamError {
  return new UpstreamError('aborted', {
    message: `connecting to ${describeAddress(target)} was given up before the server was ready`,
  });
}

function timeoutError(target: { readonly host: string; readonly port: number }, timeoutMs: number): UpstreamError {
  return new UpstreamError('timeout', {
    message: `${describeAddress(target)} did not answer within ${timeoutMs / 1000} s`,
    hint: 'Check host and port, and the network, VPN or firewall between this machine and the database.',
  });
}
