import { type DeadlineCause, timeoutText } from '../../contract/index.ts';

/** When the server would end the session of a statement that waits, if nothing is done. */
export interface ServerLimit extends DeadlineCause {
  /** Milliseconds that a hold may last from now on, so that its end still reaches the server in time. */
  readonly leftMs: number;
}

/** Less than this is no time to ask anybody, in milliseconds. */
export const shortestAskMs = 1000;

/** How long a request waits, and what made it that long. */
export interface Deadline {
  /** Milliseconds; 0 when nobody is asked. */
  readonly waitMs: number;
  /** Null when it is the gate's own deadline. */
  readonly cause: DeadlineCause | null;
  /** Why the request ended without an answer, for people and agents. */
  readonly expiry: string;
}

/** The earlier of the gate's own deadline and what the server leaves; no time at all where that is too short to ask. */
export function deadlineOf(ownMs: number, server: ServerLimit | null): Deadline {
  if (ownMs === 0) return { waitMs: 0, cause: null, expiry: 'nobody is asked: the approval deadline is 0' };
  if (server === null || server.leftMs >= ownMs) return { waitMs: ownMs, cause: null, expiry: noAnswer(ownMs) };
  const { setting, valueMs, leftMs } = server;
  const cause = { setting, valueMs };
  if (leftMs < shortestAskMs) {
    const expiry = `nobody was asked, because the database ends this session too soon for an answer (${timeoutText(cause)})`;
    return { waitMs: 0, cause, expiry };
  }
  const expiry = `${noAnswer(leftMs)}, and the database ends this session soon after (${timeoutText(cause)})`;
  return { waitMs: leftMs, cause, expiry };
}

/** What an agent can do about a hold that the server's timeout cut short. */
export function causeHint({ setting }: DeadlineCause): string {
  return setting === 'idle_session_timeout'
    ? `Raise ${setting} for this session, then try again.`
    : `Roll back, then run the statement outside a transaction, or as the first one in it with ${setting} raised (SET ${setting} = '10min').`;
}

const noAnswer = (ms: number): string => `no answer within ${Math.round(ms / 1000)} s`;
