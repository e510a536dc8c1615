import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ApprovalBroker, Hold } from '../approval/broker.ts';
import { frontend, sqlstate } from '../wire/constants.ts';
import { frontendLengthLimit } from '../wire/decode-frontend.ts';
import { errorResponse, parameterStatus } from '../wire/encode-backend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { Framer } from '../wire/framer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { Answers } from './answers.ts';
import type { DatabaseContext } from './database-context.ts';
import { forwardPlan } from './forward.ts';
import { FrameBatch } from './frame-batch.ts';
import { holdMember } from './hold.ts';
import type { JudgeContext } from './judge.ts';
import { SessionKnowledge } from './knowledge.ts';
import { NameRegistry } from './names.ts';
import type { SessionRecorder } from './recorder.ts';
import { refusedByRule } from './refusal.ts';
import { RunningStatement } from './running-statement.ts';
import { isCopyMessage, SegmentCollector, type Unit } from './segment.ts';
import { type Member, planUnit, type UnitPlan } from './unit-plan.ts';

/** Facts of a session that do not change. */
export interface SessionFacts {
  readonly id: string;
  readonly agent: string;
  readonly subject: string;
  readonly connection: string;
  readonly database: string;
  readonly role: string;
  readonly applicationName: string | null;
  readonly clientAddress: string;
}

export interface SessionOptions {
  readonly facts: SessionFacts;
  readonly client: Socket;
  readonly upstream: Socket;
  /** Bytes of the server that came behind its first ReadyForQuery. */
  readonly upstreamRest: Buffer;
  readonly parameters: ReadonlyMap<string, string>;
  /** True when start-up parameters may have given the session another search_path than a new session has. */
  readonly ownSearchPath: boolean;
  readonly database: DatabaseContext;
  readonly judgeWith: () => Pick<JudgeContext, 'parser' | 'policy' | 'environment'>;
  readonly recorder: SessionRecorder;
  readonly broker: ApprovalBroker;
  readonly cancelUpstream: () => Promise<void>;
  readonly monotonic: () => number;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ) => void;
  /** Called once, when both sides are closed and the journal is complete. */
  readonly onEnd: (reason: string) => void;
}

/** Bytes of unread client messages above which the client is paused; a waiting session keeps reading up to it to notice a client that leaves. */
const clientBacklog = 8 * 1024 * 1024;
/** How long a cancelled statement may take to end once its client is gone. */
const cancelGraceMs = 5000;

/**
 * One agent connection: frames in, judgement, frames out. A unit (see segment.ts) is judged only when nothing is owed by
 * the server, so that every state it depends on (names, settings, transaction) is known and not guessed.
 */
export class Session {
  readonly facts: SessionFacts;
  readonly #options: SessionOptions;
  readonly #answers: Answers;
  readonly #names = new NameRegistry();
  readonly #fromClient = new Framer(frontendLengthLimit);
  readonly #fromUpstream = new Framer();
  readonly #collector = new SegmentCollector();
  readonly #toClient = new FrameBatch();
  readonly #knowledge: SessionKnowledge;
  readonly #units: Unit[] = [];
  #held: Hold | null = null;
  #busy = false;
  #cancelling = 0;
  #statements = 0;
  #copyEnded = false;
  #deferredSync: Buffer | null = null;
  #clientEnded = false;
  #saidGoodbye = false;
  #ended: string | null = null;

  constructor(options: SessionOptions) {
    this.facts = options.facts;
    this.#options = options;
    const { database, parameters, ownSearchPath } = options;
    this.#knowledge = new SessionKnowledge({
      database,
      parameters,
      ownSearchPath,
      write: (frames) => this.#writeUpstream(frames),
    });
    this.#answers = new Answers({
      names: this.#names,
      recorder: options.recorder,
      send: (frame) => this.#toClient.add(frame),
      masked: () => this.#knowledge.view.profile.active,
      parameterChanged: (name, value) => this.#knowledge.parameterChanged(name, value),
      completed: (running) => this.#knowledge.completed(running, this.#answers.transaction),
    });
  }

  /** Starts to relay. The client has been told ReadyForQuery; `rest` are bytes it sent before. */
  start(rest: Buffer): void {
    const { client, upstream, upstreamRest } = this.#options;
    client.on('data', (chunk) => this.#guard('client', () => this.#clientData(chunk)));
    client.on('end', () => this.#guard('client', () => this.#clientEnd()));
    client.on('error', () => undefined); // 'close' follows
    client.on('close', () => this.#clientGone());
    client.on('drain', () => upstream.resume());
    upstream.on('data', (chunk) => this.#guard('upstream', () => this.#upstreamData(chunk)));
    upstream.on('error', (error) =>
      this.#options.log('warn', `upstream: ${error.message}`, { session: this.facts.id }),
    );
    upstream.on('close', () => this.#upstreamGone());
    upstream.on('drain', () => this.#resumeClient());
    if (upstreamRest.length > 0) this.#guard('upstream', () => this.#upstreamData(upstreamRest));
    if (rest.length > 0) this.#guard('client', () => this.#clientData(rest));
    client.resume();
    upstream.resume();
  }

  /** A CancelRequest with this session's key. Resolves when its effect on the server is complete. */
  async cancel(): Promise<void> {
    if (this.#held !== null) return this.#held.end('cancelled', 'the client cancelled the statement');
    if (this.#answers.idle || this.#ended !== null) return;
    // Nothing new goes upstream while a cancel is on its way, or it could hit the next statement.
    this.#cancelling += 1;
    try {
      await this.#options.cancelUpstream();
    } catch (error) {
      this.#options.log('warn', `cancel failed: ${describe(error)}`, { session: this.facts.id });
    } finally {
      this.#cancelling -= 1;
      this.#guard('client', () => this.#pump());
    }
  }

  /** Ends the session from our side; the client gets a FATAL with this text. */
  terminate(reason: string, state: string = sqlstate.adminShutdown): void {
    this.#end(
      reason,
      errorResponse({ severity: 'FATAL', sqlstate: state, message: `Postern ended this session: ${reason}` }),
    );
  }

  #clientData(chunk: Buffer): void {
    this.#fromClient.push(chunk);
    this.#pump();
    if (this.#backlogged) this.#options.client.pause();
  }

  /** Whole messages wait for their turn, and there are enough of them. A long message that is still coming is not one of them. */
  get #backlogged(): boolean {
    return (this.#busy || this.#units.length > 0 || this.#cancelling > 0) && this.#fromClient.buffered > clientBacklog;
  }

  #resumeClient(): void {
    if (!this.#options.upstream.writableNeedDrain && !this.#backlogged) this.#options.client.resume();
  }

  /** Takes client messages as far as the state of the server allows. */
  #pump(): void {
    while (this.#ended === null && !this.#busy && this.#cancelling === 0) {
      const unit = this.#units[0];
      if (unit !== undefined) {
        if (!this.#answers.idle) return;
        this.#units.shift();
        this.#dispatch(unit);
        continue;
      }
      const frame = this.#fromClient.next();
      if (frame === null) break;
      this.#accept(frame);
    }
    if (this.#ended !== null || this.#busy) return;
    this.#resumeClient();
    if (this.#clientEnded && this.#units.length === 0 && this.#answers.idle) this.#end('the client disconnected', null);
  }

  #accept(frame: Buffer): void {
    const type = frame[0] as number;
    if (isCopyMessage(type)) return this.#copyMessage(type, frame);
    if (this.#answers.copyIn && !this.#copyEnded && (type === frontend.sync || type === frontend.flush)) {
      // The server ignores both while it copies; should the copy fail meanwhile, the Sync is what it waits for.
      if (type === frontend.sync) this.#deferredSync = frame;
      return;
    }
    switch (type) {
      case frontend.terminate:
        this.#saidGoodbye = true;
        this.#clientEnded = true;
        return;
      case frontend.query:
      case frontend.functionCall:
        if (this.#answers.skipping) return; // the server would drop it too
        if (!this.#collector.empty) this.#take(this.#collector.take('flush'));
        return this.#take({ kind: type === frontend.query ? 'query' : 'function_call', frame });
      case frontend.password:
        throw new ProtocolError('unexpected password message');
      default: {
        if (this.#answers.skipping && type !== frontend.sync) return;
        const unit = this.#collector.add(frame);
        if (unit !== null) this.#take(unit);
      }
    }
  }

  #copyMessage(type: number, frame: Buffer): void {
    if (type !== frontend.copyData) this.#copyEnded = true;
    if (!this.#answers.idle) this.#answers.copiedIn(frame);
    this.#writeUpstream([frame]);
  }

  /** Lines a unit up for its turn. A lone Sync needs no judgement and may be what the server waits for before it answers. */
  #take(unit: Unit): void {
    const loneSync = unit.kind === 'segment' && unit.frames.length === 0;
    if (loneSync) {
      if (unit.end === 'sync') this.#answers.expect({ kind: 'sync', hidden: false });
      this.#writeUpstream([unit.end === 'sync' ? encode.sync() : encode.flush()]);
      return;
    }
    this.#units.push(unit);
  }

  #dispatch(unit: Unit): void {
    if (this.#answers.skipping) {
      // The server drops everything up to the Sync; so do we.
      if (unit.kind === 'segment' && unit.end === 'sync') this.#take({ kind: 'segment', frames: [], end: 'sync' });
      return;
    }
    if (this.#knowledge.isStale(this.#answers)) return this.#later(() => this.#refreshThen(unit));
    const plan = this.#plan(unit);
    if (plan.members.every((member) => member.judged.verdict === 'allow' && !member.judged.changes))
      return this.#forward(plan);
    this.#later(() => this.#decideThenForward(plan));
  }

  async #refreshThen(unit: Unit): Promise<void> {
    await this.#knowledge.refresh(this.#answers);
    this.#busy = false;
    if (this.#ended === null) this.#dispatch(unit);
    this.#pump();
  }

  #plan(unit: Unit): UnitPlan {
    const { agent, connection, database, role } = this.facts;
    const { transaction } = this.#answers;
    return planUnit(unit, {
      context: { ...this.#options.judgeWith(), ...this.#knowledge.settings(), connection, agent, transaction },
      names: this.#names,
      answers: this.#answers,
      database,
      role,
      searchPath: this.#knowledge.searchPath,
      record: (judged, protocol, parameters, digest) => {
        this.#statements += 1;
        const { rule, verdict, effects, text } = judged;
        this.#options.recorder.append({
          type: 'statement',
          statement: this.#statements,
          protocol,
          ...recordedText(text),
          parameters: [...parameters],
          transaction,
          effects,
          verdict,
          rule,
          digest,
        });
        return new RunningStatement(this.#statements, judged, this.#options.recorder, this.#options.monotonic);
      },
    });
  }

  async #decideThenForward(plan: UnitPlan): Promise<void> {
    for (const member of plan.members) {
      if (member.judged.verdict === 'terminate') {
        member.running.finish('refused');
        return this.#end(
          `rule ${member.judged.rule.id}`,
          errorResponse(refusedByRule('terminate', member.judged.rule)),
        );
      }
      if (member.judged.verdict === 'block') member.refusal = refusedByRule('block', member.judged.rule);
      if (member.judged.verdict === 'ask') await this.#hold(member);
      if (this.#ended !== null) return;
      if (member.refusal !== null) break; // what follows in the segment will be skipped
    }
    await this.#options.recorder.sync();
    this.#busy = false;
    if (this.#ended !== null) return;
    this.#forward(plan);
    this.#pump();
  }

  #hold(member: Member): Promise<void> {
    const { id: sessionId, ...facts } = this.facts;
    const { environment } = this.#options.judgeWith();
    const { broker, recorder, client } = this.#options;
    return holdMember(member, {
      broker,
      recorder,
      client,
      asker: { sessionId, ...facts, environment, transaction: this.#answers.transaction },
      keepAlive: () => parameterStatus('server_version', this.#knowledge.parameter('server_version') ?? ''),
      held: (hold) => {
        this.#held = hold;
      },
    });
  }

  #forward(plan: UnitPlan): void {
    this.#copyEnded = false;
    this.#deferredSync = null;
    const frames = forwardPlan(plan, this.#answers, this.#knowledge.view.profile.active);
    this.#writeUpstream(frames);
  }

  #writeUpstream(frames: readonly Buffer[]): void {
    const { client, upstream } = this.#options;
    upstream.cork();
    let open = true;
    for (const frame of frames) open = upstream.write(frame);
    upstream.uncork();
    if (!open) client.pause();
  }

  #upstreamData(chunk: Buffer): void {
    this.#fromUpstream.push(chunk);
    for (;;) {
      const frame = this.#fromUpstream.next();
      if (frame === null) break;
      this.#answers.handle(frame);
    }
    this.#flushToClient();
    if (this.#deferredSync !== null && !this.#answers.copyIn) this.#releaseDeferredSync();
    this.#pump();
  }

  #releaseDeferredSync(): void {
    this.#deferredSync = null;
    if (!this.#answers.skipping) return;
    this.#answers.expect({ kind: 'sync', hidden: false });
    this.#writeUpstream([encode.sync()]);
  }

  #flushToClient(): void {
    const { client, upstream } = this.#options;
    const parts = this.#toClient.take();
    if (parts.length === 0 || client.destroyed) return;
    client.cork();
    let open = true;
    for (const part of parts) open = client.write(part);
    client.uncork();
    if (!open) upstream.pause();
  }

  #clientEnd(): void {
    this.#clientEnded = true;
    if (this.#saidGoodbye) return this.#pump();
    this.#leave();
  }

  #clientGone(): void {
    if (this.#ended === null) this.#leave();
  }

  /** The client is gone: a held statement is withdrawn, a running one cancelled, the upstream closed. */
  #leave(): void {
    this.#held?.end('withdrawn', 'the client disconnected while the statement waited');
    if (this.#answers.idle || this.#ended !== null) return this.#end('the client disconnected', null);
    const grace = setTimeout(() => this.#end('the client disconnected while a statement ran', null), cancelGraceMs);
    // cancel() never rejects: it logs what goes wrong
    void this.cancel().finally(() => {
      clearTimeout(grace);
      this.#end('the client disconnected while a statement ran', null);
    });
  }

  #upstreamGone(): void {
    this.#held?.end('withdrawn', 'the database closed the connection while the statement waited');
    this.#flushToClient();
    const said = this.#answers.fatal
      ? null
      : errorResponse({
          severity: 'FATAL',
          sqlstate: sqlstate.connectionFailure,
          message: `The database behind Postern connection "${this.facts.connection}" closed the connection`,
          hint: 'Connect again; what was not committed is lost.',
        });
    this.#end('the database closed the connection', said);
  }

  #later(work: () => Promise<void>): void {
    this.#busy = true;
    work().catch((error: unknown) => this.#fail('client', error));
  }

  #guard(side: 'client' | 'upstream', work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(side, error);
    }
  }

  /** Something cannot go on: nothing more is forwarded in either direction, and the client is told why. */
  #fail(side: 'client' | 'upstream', error: unknown): void {
    const state = error instanceof ProtocolError ? error.sqlstate : stateOf(error);
    const message = describe(error);
    this.#options.log('error', `session failed: ${message}`, { session: this.facts.id, side, sqlstate: state });
    this.#end(`${side}: ${message}`, errorResponse({ severity: 'FATAL', sqlstate: state, message }));
  }

  #end(reason: string, lastWords: Buffer | null): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    const { client, upstream, recorder, onEnd, log } = this.#options;
    const running = !this.#answers.idle;
    this.#held?.end('withdrawn', reason);
    try {
      this.#answers.abandon();
    } catch (error) {
      log('error', `could not record the end of a statement: ${describe(error)}`, { session: this.facts.id });
    }
    if (!client.destroyed) {
      if (lastWords !== null) client.write(lastWords);
      client.end();
      client.resume();
    }
    if (!upstream.destroyed) this.#closeUpstream(running);
    recorder
      .close(reason)
      .catch((error: unknown) =>
        log('error', `could not close the journal: ${describe(error)}`, { session: this.facts.id }),
      )
      .finally(() => onEnd(reason));
  }

  /** A server notices a closed socket only when its statement is done, so a running one is cancelled first. */
  #closeUpstream(running: boolean): void {
    const { upstream, cancelUpstream, log } = this.#options;
    if (!running) {
      upstream.end(encode.terminate());
      return upstream.destroySoon();
    }
    cancelUpstream()
      .catch((error: unknown) => log('warn', `cancel failed: ${describe(error)}`, { session: this.facts.id }))
      .finally(() => upstream.destroy());
  }
}

/** Longest statement text kept in a journal, in characters; the digest covers the rest. */
const recordedTextLength = 100_000;

function recordedText(text: string): { text: string; textDigest: string | null } {
  if (text.length <= recordedTextLength) return { text, textDigest: null };
  return {
    text: `${text.slice(0, recordedTextLength)} …`,
    textDigest: createHash('sha256').update(text).digest('hex'),
  };
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Errors of ours carry a code; a journal that cannot be written is a full disk to the client, whatever the cause. */
function stateOf(error: unknown): string {
  return error instanceof Error && error.name === 'JournalError' ? sqlstate.diskFull : sqlstate.internalError;
}
