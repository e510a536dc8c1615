import type { SessionDetail, SessionSummary, StatementEntry } from '../../contract/index.ts';
import { SessionProjection } from '../journal/projection.ts';
import type { JournalWriter, RecordBody } from '../journal/records.ts';

/** Journal and live view of one session in one place: what the desk shows is what was recorded. */
export interface Recorder {
  /** Throws JournalError when the record is not safely written; the caller must then not go on. */
  append(body: RecordBody): void;
  /** Makes everything appended survive a power loss. */
  sync(): Promise<void>;
  detail(live: boolean): SessionDetail;
}

export interface RecorderListener {
  statement(sessionId: string, statement: StatementEntry): void;
  summary(summary: SessionSummary): void;
}

/** How long changes of one session may be gathered before the desk hears of them, in milliseconds. */
const gatherMs = 50;

/** Wraps a journal. Events are gathered, so that a burst of statements costs the desk one message each 50 ms and statement. */
export class SessionRecorder implements Recorder {
  readonly #sessionId: string;
  readonly #journal: JournalWriter;
  readonly #projection: SessionProjection;
  readonly #clock: () => number;
  readonly #listener: RecorderListener;
  /** Statements that changed since the desk was told. Those that the live view has dropped meanwhile are told no more. */
  readonly #changed = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  #seq = 0;
  #live = true;

  constructor(sessionId: string, journal: JournalWriter, clock: () => number, listener: RecorderListener) {
    this.#sessionId = sessionId;
    this.#journal = journal;
    this.#projection = new SessionProjection(sessionId);
    this.#clock = clock;
    this.#listener = listener;
  }

  append(body: RecordBody): void {
    this.#journal.append(body);
    this.#seq += 1;
    const { statement } = this.#projection.apply({ seq: this.#seq, time: this.#clock(), body });
    if (statement !== null) this.#changed.add(statement.seq);
    // A hold is told at once: a person is waiting for it.
    if (body.type === 'hold' || body.type === 'decision') this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), gatherMs);
  }

  sync(): Promise<void> {
    return this.#journal.sync();
  }

  detail(live: boolean): SessionDetail {
    return this.#projection.detail(live);
  }

  /** Tells the desk everything that changed since the last time. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const changed = [...this.#changed].flatMap((seq) => this.#projection.statement(seq) ?? []);
    this.#changed.clear();
    for (const statement of changed) this.#listener.statement(this.#sessionId, statement);
    this.#listener.summary(this.#projection.summary(this.#live));
  }

  /** Writes the last record and closes the journal. */
  async close(reason: string): Promise<void> {
    this.#live = false;
    try {
      this.append({ type: 'session_end', reason });
    } finally {
      await this.#journal.close().finally(() => this.flush());
    }
  }
}
