import { messageOf } from '../../contract/index.ts';
import { sqlstate } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';
import type { Member } from './unit-plan.ts';

export interface CancelsOptions {
  /** Resolves when the server has closed the cancel connection: then the signal is delivered. */
  readonly cancelUpstream: () => Promise<void>;
  readonly log: (level: 'warn', message: string) => void;
}

/** What a cancelled statement is answered with that was not sent yet: the server's own words. */
export const cancelledUnsent: ErrorText = {
  severity: 'ERROR',
  sqlstate: sqlstate.queryCanceled,
  message: 'canceling statement due to user request',
  detail: 'The statement was not sent to the database.',
};

/** What cancels do to the statements of one session, so that each hits what it was meant for or nothing (protocol.md, E9). */
export class Cancels {
  readonly #options: CancelsOptions;
  #inFlight = 0;
  #unsent = false;

  constructor(options: CancelsOptions) {
    this.#options = options;
  }

  /** A cancel is on its way to the server: whatever is sent now might be hit by it. */
  get inFlight(): boolean {
    return this.#inFlight > 0;
  }

  /** The statement that is being prepared was cancelled before it was sent. */
  get unsent(): boolean {
    return this.#unsent;
  }

  /** Another statement's turn has come. */
  nextTurn(): void {
    this.#unsent = false;
  }

  /** Cancels the statement that is being looked up or recorded; what the server may be answering meanwhile is not the client's. */
  beforeSending(): void {
    this.#unsent = true;
  }

  /** Cancels what the server runs. Resolves when it is done or has failed; never rejects. */
  async running(): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#options.cancelUpstream();
    } catch (error) {
      this.#options.log('warn', `cancel failed: ${messageOf(error)}`);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Refuses the first statement of a unit that was cancelled before it was sent. */
  refuse(members: readonly Member[]): void {
    const first = members[0];
    if (this.#unsent && first !== undefined) first.refusal ??= cancelledUnsent;
  }
}
