import { messageOf } from '../../contract/index.ts';
import { sqlstate } from '../wire/constants.ts';
import { errorResponse } from '../wire/encode-backend.ts';
import { MessageLengthError } from '../wire/protocol-error.ts';
import type { Answers } from './answers.ts';
import { sqlstateOf } from './fault.ts';
import type { Holds } from './holds.ts';
import type { SessionOptions } from './session-options.ts';
import type { SocketPair } from './socket-pair.ts';

export interface SessionEndingOptions {
  readonly session: Pick<SessionOptions, 'facts' | 'recorder' | 'cancelUpstream' | 'log' | 'onEnd'>;
  readonly sockets: SocketPair;
  readonly answers: Answers;
  readonly holds: Holds;
  /** Gives the client what was gathered for it. */
  readonly flush: () => void;
  /** Cancels what the server runs. Never rejects. */
  readonly cancel: () => Promise<void>;
  /** Whether a unit is being decided: the server then runs nothing of it. */
  readonly busy: () => boolean;
  /** What `busy` stands for. Never rejects. */
  readonly working: () => Promise<void>;
}

/** How long a cancelled statement may take to end once its client is gone, in milliseconds. */
const cancelGraceMs = 5000;

/** The end of a session, whoever brings it about: both sides are closed, and the journal says why. */
export class SessionEnding {
  readonly #options: SessionEndingOptions;
  #reason: string | null = null;

  constructor(options: SessionEndingOptions) {
    this.#options = options;
  }

  /** The session has ended; nothing is forwarded any more. */
  get ended(): boolean {
    return this.#reason !== null;
  }

  /** The client is gone: a held statement is withdrawn, a running one cancelled, the upstream closed. */
  clientLeft(): void {
    const { holds, answers, busy, cancel } = this.#options;
    const reason = 'the client disconnected';
    holds.giveUp(`${reason} while the statement waited`);
    if (answers.idle || busy() || this.ended) return this.end(reason, null);
    const grace = setTimeout(() => this.end(`${reason} while a statement ran`, null), cancelGraceMs);
    void cancel().then(() => {
      clearTimeout(grace);
      this.end(`${reason} while a statement ran`, null);
    });
  }

  upstreamGone(): void {
    const { session, holds, answers, flush } = this.#options;
    const reason = 'the database closed the connection';
    holds.withdraw(`${reason} while the statement waited`);
    flush();
    const lastWords = errorResponse({
      severity: 'FATAL',
      sqlstate: sqlstate.connectionFailure,
      message: `The database behind Postern connection "${session.facts.connection}" closed the connection`,
      hint: 'Connect again; what was not committed is lost.',
    });
    this.end(reason, answers.fatal ? null : lastWords);
  }

  /** The operator or a limit ends it: the client gets a FATAL with this text. */
  terminate(reason: string): void {
    const message = `Postern ended this session: ${reason}`;
    this.end(reason, errorResponse({ severity: 'FATAL', sqlstate: sqlstate.adminShutdown, message }));
  }

  /** Something cannot go on: nothing more is forwarded in either direction, and the client is told why. */
  fail(side: 'client' | 'upstream', error: unknown): void {
    const state = sqlstateOf(error);
    const message = messageOf(error);
    this.log('error', `session failed: ${message}`, { side, sqlstate: state });
    const silent = side === 'client' && error instanceof MessageLengthError; // as the server closes
    this.end(`${side}: ${message}`, silent ? null : errorResponse({ severity: 'FATAL', sqlstate: state, message }));
  }

  /** Ends the session, once. `lastWords` is the message that the client hears before its side is closed. */
  end(reason: string, lastWords: Buffer | null): void {
    if (this.ended) return;
    this.#reason = reason;
    const { session, sockets, answers, holds, busy, working } = this.#options;
    const running = !answers.idle && !busy();
    holds.withdraw(reason);
    try {
      answers.abandon();
    } catch (error) {
      this.log('error', `could not record the end of a statement: ${messageOf(error)}`);
    }
    sockets.closeClient(answers.midMessage ? null : lastWords);
    if (!running) sockets.leaveUpstream();
    else {
      // A server notices a closed socket only when its statement is done, so a running one is cancelled first.
      session
        .cancelUpstream()
        .catch((error: unknown) => this.log('warn', `cancel failed: ${messageOf(error)}`))
        .finally(() => sockets.cutUpstream());
    }
    // A hold that was withdrawn just now has its decision still to be recorded.
    working()
      .then(() => session.recorder.close(reason))
      .catch((error: unknown) => this.log('error', `could not close the journal: ${messageOf(error)}`))
      .finally(() => session.onEnd(reason));
  }

  /** A line in the operator's log, with the session that it is about. */
  log(level: 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>> = {}): void {
    const { log, facts } = this.#options.session;
    log(level, message, { session: facts.id, ...details });
  }
}
