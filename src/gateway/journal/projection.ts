import { assertNever, type SessionDetail, type SessionSummary, type StatementEntry } from '../../contract/index.ts';
import type { JournalRecord, RecordBody } from './records.ts';

/** What one record changed: the statement's new state when it is still kept, and whether the summary is another now. */
interface ProjectionChange {
  readonly statement: StatementEntry | null;
  readonly summary: boolean;
}

interface ProjectionLimits {
  /** Statements kept in `detail()`, the latest. Counts go on counting all. */
  readonly statements: number;
  /** Characters of statement text and values kept over all of them. */
  readonly textLength: number;
}

/** About what a value takes besides its text. */
const valueLength = 60;

function lengthOf({ text, parameters }: StatementEntry): number {
  let length = text.length;
  for (const value of parameters) length += valueLength + (value.text?.length ?? 0);
  return length;
}

const defaultLimits: ProjectionLimits = { statements: 2_000, textLength: 16 * 1024 * 1024 };

const nothing: ProjectionChange = { statement: null, summary: false };

/**
 * Folds the records of one session into what the desk shows of it. The live gate and the archive use the same fold, so both
 * show the same. Memory is bounded by the limits; applying a record costs the same however long the session is.
 */
export class SessionProjection {
  readonly #sessionId: string;
  readonly #limits: ProjectionLimits;
  readonly #statements = new Map<number, StatementEntry>();
  readonly #counts = { statements: 0, held: 0, refused: 0, errors: 0, rows: 0 };
  #textLength = 0;
  #start: { readonly time: number; readonly body: Extract<RecordBody, { type: 'session_start' }> } | null = null;
  #end: { readonly time: number; readonly reason: string } | null = null;
  #firstTime: number | null = null;
  #lastTime = 0;

  constructor(sessionId: string, limits: ProjectionLimits = defaultLimits) {
    this.#sessionId = sessionId;
    this.#limits = limits;
  }

  /** False until a session_start was applied: a journal without one is no session's. */
  get started(): boolean {
    return this.#start !== null;
  }

  apply(record: JournalRecord): ProjectionChange {
    const { body, time } = record;
    this.#firstTime ??= time;
    this.#lastTime = time;
    switch (body.type) {
      case 'session_start':
        this.#start = { time, body };
        return { statement: null, summary: true };
      case 'session_end':
        this.#end = { time, reason: body.reason };
        return { statement: null, summary: true };
      case 'statement':
        return this.#statement(time, body);
      case 'hold':
        this.#counts.held += 1;
        return { statement: this.#statements.get(body.statement) ?? null, summary: true };
      case 'decision':
        return this.#update(body.statement, { decision: body.decision }, false);
      case 'outcome':
        this.#count(body.outcome.status, body.outcome.rows);
        return this.#update(body.statement, { outcome: body.outcome }, true);
      case 'result':
      case 'rows':
      case 'notice':
      case 'gate_start':
      case 'gate_stop':
      case 'login_refused':
      case 'cancel_refused':
      case 'refusals_counted':
      case 'credential':
      case 'target_doubted':
      case 'journal_read':
      case 'retry':
      case 'sequence':
      case 'seal':
      case 'settings_changed':
      case 'sign_in':
        return nothing;
      default:
        return assertNever(body);
    }
  }

  summary(live: boolean): SessionSummary {
    const start = this.#start?.body;
    return {
      id: this.#sessionId,
      live,
      startedAt: this.#start?.time ?? this.#firstTime ?? 0,
      ...this.#ending(live),
      agent: start?.agent ?? '',
      subject: start?.subject ?? '',
      connection: start?.connection ?? '',
      environment: start?.environment ?? 'production',
      database: start?.database ?? '',
      role: start?.role ?? '',
      applicationName: start?.applicationName ?? null,
      clientAddress: start?.clientAddress ?? '',
      clientTls: start?.clientTls ?? null,
      groups: start?.groups ?? [],
      token: tokenOf(start?.token ?? null),
      sessionRole: start?.sessionRole ?? null,
      counts: { ...this.#counts },
    };
  }

  /** A statement that is still kept. */
  statement(seq: number): StatementEntry | undefined {
    return this.#statements.get(seq);
  }

  /** With `live` false a session without an end is read as `interrupted` at its last record: its process died. */
  detail(live: boolean): SessionDetail {
    return { summary: this.summary(live), statements: [...this.#statements.values()] };
  }

  #ending(live: boolean): { endedAt: number | null; endReason: string | null } {
    if (this.#end !== null) return { endedAt: this.#end.time, endReason: this.#end.reason };
    return live ? { endedAt: null, endReason: null } : { endedAt: this.#lastTime, endReason: 'interrupted' };
  }

  #statement(time: number, body: Extract<RecordBody, { type: 'statement' }>): ProjectionChange {
    const { protocol, text, parameters, effects, verdict, rule } = body;
    const entry: StatementEntry = {
      seq: body.statement,
      at: time,
      protocol,
      text,
      parameters,
      effects,
      verdict,
      rule,
      decision: null,
      outcome: null,
    };
    this.#counts.statements += 1;
    this.#statements.set(entry.seq, entry);
    this.#textLength += lengthOf(entry);
    this.#forgetOldest();
    return { statement: entry, summary: true };
  }

  #forgetOldest(): void {
    for (const [seq, entry] of this.#statements) {
      if (this.#statements.size <= this.#limits.statements && this.#textLength <= this.#limits.textLength) return;
      this.#statements.delete(seq);
      this.#textLength -= lengthOf(entry);
    }
  }

  #count(status: string, rows: number): void {
    if (status === 'refused') this.#counts.refused += 1;
    if (status === 'error' || status === 'lost') this.#counts.errors += 1;
    this.#counts.rows += rows;
  }

  #update(seq: number, change: Partial<StatementEntry>, summary: boolean): ProjectionChange {
    const entry = this.#statements.get(seq);
    if (entry === undefined) return { statement: null, summary };
    const changed = { ...entry, ...change };
    this.#statements.set(seq, changed);
    return { statement: changed, summary };
  }
}

type RecordedToken = NonNullable<Extract<RecordBody, { type: 'session_start' }>['token']>;

/** What the desk shows of a token. */
function tokenOf(token: RecordedToken | null): SessionSummary['token'] {
  if (token === null) return null;
  const { issuer, subject, client, expiresAt } = token;
  return { issuer, subject, client, expiresAt };
}
