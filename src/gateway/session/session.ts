import type { Socket } from 'node:net';
import { messageOf } from '../../contract/index.ts';
import type { ApprovalBroker } from '../approval/broker.ts';
import { limit, sqlstate } from '../wire/constants.ts';
import { errorResponse } from '../wire/encode-backend.ts';
import { MessagePart, MessageStream } from '../wire/message-stream.ts';
import { MessageLengthError, ProtocolError } from '../wire/protocol-error.ts';
import { Answers } from './answers.ts';
import { Cancels } from './cancels.ts';
import type { Cautions } from './caution.ts';
import { CommitGate } from './commit-gate.ts';
import type { DatabaseContext } from './database-context.ts';
import { sqlstateOf } from './fault.ts';
import { forwardPlan } from './forward.ts';
import { FrameBatch } from './frame-batch.ts';
import { Holds } from './holds.ts';
import { Intake } from './intake.ts';
import type { JudgeContext } from './judged.ts';
import { SessionKnowledge } from './knowledge.ts';
import { comparisonsOf } from './mask-verdict.ts';
import { NameRegistry } from './names.ts';
import type { SessionRecorder } from './recorder.ts';
import { refusedByRule } from './refusal.ts';
import { RunningStatement, type RunningStatementOptions } from './running-statement.ts';
import type { Unit } from './segment.ts';
import { SocketPair } from './socket-pair.ts';
import { statementRecord } from './statement-record.ts';
import { type PlanOptions, planUnit, type UnitPlan } from './unit-plan.ts';

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
  /** The server's process of this session. */
  readonly processId: number;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the client asked for at its start, by parameter name. */
  readonly startup: ReadonlyMap<string, string>;
  readonly database: DatabaseContext;
  readonly judgeWith: () => Pick<
    JudgeContext,
    'parser' | 'policy' | 'environment' | 'groups' | 'scope' | 'now' | 'asked'
  >;
  /** Lays the second net under a statement. */
  readonly net: NonNullable<RunningStatementOptions['net']>;
  /** Told of every answer, by the id of the rule that gave it. */
  readonly ruleAnswered: (ruleId: string) => void;
  /** Told of the mask rules at work in each result, and in each statement that masking refuses. */
  readonly rulesMasked: (ruleIds: readonly string[]) => void;
  /** What has to be asked about beyond the policy. */
  readonly cautions: Cautions;
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

/** Bytes of unread client messages above which the client is paused; a waiting session reads up to it, to notice a client that leaves. */
const clientBacklog = 8 * 1024 * 1024;
/** How long a cancelled statement may take to end once its client is gone, in milliseconds. */
const cancelGraceMs = 5000;

/**
 * One agent connection: frames in, judgement, frames out. A unit (see segment.ts) is judged only when nothing is owed by
 * the server, so that every state it depends on (names, settings, transaction) is known and not guessed.
 */
export class Session {
  readonly facts: SessionFacts;
  readonly #options: SessionOptions;
  readonly #sockets: SocketPair;
  readonly #answers: Answers;
  readonly #knowledge: SessionKnowledge;
  readonly #holds: Holds;
  readonly #names = new NameRegistry();
  readonly #commitGate = new CommitGate();
  readonly #intake: Intake;
  readonly #fromUpstream: MessageStream;
  readonly #toClient = new FrameBatch();
  readonly #cancels: Cancels;
  /** When the latest bytes of the client came. */
  #heardAt = 0;
  /** When the bytes of the statement came that is being prepared or runs. */
  #sentAt = 0;
  #busy = false;
  /** What `busy` stands for; settles soon after the session has ended. Never rejects. */
  #working: Promise<void> = Promise.resolve();
  #statements = 0;
  #clientEnded = false;
  #ended: string | null = null;
  /** Why the session ends as soon as no statement runs. */
  #endsAfter: string | null = null;

  constructor(options: SessionOptions) {
    this.facts = options.facts;
    this.#options = options;
    const { facts, client, upstream, database, parameters, startup, recorder, broker, processId, monotonic } = options;
    this.#sockets = new SocketPair(client, upstream, {
      clientData: (chunk) => this.#clientData(chunk),
      clientEnd: () => this.#clientEnd(),
      clientGone: () => this.#leave(),
      upstreamData: (chunk) => this.#upstreamData(chunk),
      upstreamGone: () => this.#upstreamGone(),
      upstreamFailed: (error) => this.#log('warn', `upstream: ${error.message}`),
      fault: (side, error) => this.#fail(side, error),
      clientMayGoOn: () => !this.#backlogged,
    });
    this.#cancels = new Cancels({ cancelUpstream: options.cancelUpstream, log: (...said) => this.#log(...said) });
    const write = (frames: readonly Buffer[]): void => this.#sockets.toUpstream(frames);
    const { parser } = options.judgeWith();
    const names = this.#names;
    this.#knowledge = new SessionKnowledge({
      sessionId: facts.id,
      database,
      parameters,
      startup,
      write,
      parser,
      names,
      who: () => {
        const { groups, environment } = options.judgeWith();
        return { subject: facts.subject, agent: facts.agent, groups, environment };
      },
    });
    this.#answers = new Answers({
      names: this.#names,
      recorder,
      send: (frame) => this.#toClient.add(frame),
      sendRow: (rows) => this.#toClient.addRow(rows),
      profile: () => this.#knowledge.view.profile,
      parameterChanged: (name, value) => this.#knowledge.parameterChanged(name, value),
      ready: () => {
        this.#knowledge.settled();
        this.#commitGate.settled();
      },
      completed: (running) => this.#completed(running),
    });
    const [answers, knowledge, cancels] = [this.#answers, this.#knowledge, this.#cancels];
    const { id: sessionId, ...asker } = options.facts;
    this.#holds = new Holds({
      ...{ broker, recorder, client, answers, cancels, knowledge, database, processId, write, monotonic },
      policy: () => options.judgeWith().policy,
      asker: () => ({ sessionId, ...asker, environment: options.judgeWith().environment }),
      ended: () => this.#ended !== null,
    });
    this.#fromUpstream = new MessageStream(() => limit.backendMessage, {
      above: limit.gathered,
      inParts: (type, size) => answers.inParts(type, size),
    });
    this.#intake = new Intake({
      answers,
      toUpstream: write,
      leave: () => this.#leave(),
    });
  }

  /** Starts to relay. The client has been told ReadyForQuery. */
  start(): void {
    this.#sockets.start(this.#options.upstreamRest);
  }

  /**
   * A CancelRequest with this session's key, over a connection made at `arrivedAt`: it was not meant for a statement that
   * came later. Resolves when its effect on the server is complete; never rejects.
   */
  async cancel(arrivedAt: number): Promise<void> {
    if (this.#ended !== null || arrivedAt < this.#sentAt) return;
    if (this.#holds.cancel()) return;
    if (this.#busy) return this.#cancels.beforeSending();
    if (this.#answers.idle) return;
    await this.#cancels.running();
    this.#attempt(() => this.#pump());
  }

  /** Ends the session from our side; the client gets a FATAL with this text. */
  terminate(reason: string): void {
    const message = `Postern ended this session: ${reason}`;
    this.#end(reason, errorResponse({ severity: 'FATAL', sqlstate: sqlstate.adminShutdown, message }));
  }

  /** As `terminate`, once the statement that the server runs is done. A statement that waits for the operator is not waited for. */
  terminateAfterStatement(reason: string): void {
    this.#endsAfter = reason;
    if (this.#holds.holding) return this.terminate(reason);
    this.#attempt(() => this.#pump());
  }

  #clientData(chunk: Buffer): void {
    this.#heardAt = this.#options.monotonic();
    this.#intake.push(chunk);
    this.#pump();
    if (this.#backlogged) this.#sockets.pauseClient();
  }

  /** Messages wait for their turn, and there are enough of them. A long message that is still coming is not one of them. */
  get #backlogged(): boolean {
    const waits = this.#busy || this.#intake.waiting || this.#cancels.inFlight || this.#answers.crowded;
    return waits && this.#intake.buffered > clientBacklog;
  }

  /** Takes client messages as far as the state of the server allows. */
  #pump(): void {
    if (this.#endsAfter !== null && this.#answers.idle && !this.#busy) return this.terminate(this.#endsAfter);
    while (this.#ended === null && !this.#busy && !this.#cancels.inFlight) {
      const unit = this.#intake.next();
      if (unit === null) break;
      this.#turn(unit);
    }
    if (this.#ended !== null || this.#busy) return;
    this.#sockets.resumeClient();
    const gone = this.#clientEnded || this.#intake.saidGoodbye;
    if (gone && !this.#intake.waiting && this.#answers.idle) this.#end('the client disconnected', null);
  }

  #turn(unit: Unit): void {
    this.#sentAt = this.#heardAt;
    this.#cancels.nextTurn();
    this.#dispatch(unit);
  }

  #dispatch(unit: Unit): void {
    if (this.#answers.skipping) {
      // The server drops everything up to the Sync, unread; so do we.
      this.#recordSkipped(unit);
      if (unit.kind === 'segment' && unit.end === 'sync') this.#intake.sync();
      return;
    }
    if (this.#knowledge.isStale(this.#answers, unit)) return this.#later(() => this.#refreshThen(unit));
    const plan = this.#plan(unit);
    this.#cancels.refuse(plan.members);
    const simple = plan.members.every(({ judged }) => judged.verdict === 'allow' && !judged.changes);
    if (simple) this.#forward(plan);
    else this.#later(() => this.#decideThenForward(plan).finally(() => this.#finishUnsent(plan)));
  }

  #recordSkipped(unit: Unit): void {
    try {
      for (const { running } of this.#plan(unit).members) running.finish('skipped');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  async #refreshThen(unit: Unit): Promise<void> {
    await this.#knowledge.refresh(this.#answers, unit);
    this.#busy = false;
    if (this.#ended !== null) return;
    this.#dispatch(unit);
    this.#pump();
  }

  #plan(unit: Unit): UnitPlan {
    const { agent, subject, connection, database, role } = this.facts;
    const { recorder, monotonic, ruleAnswered, rulesMasked, cautions } = this.#options;
    const { transaction } = this.#answers;
    const made: RunningStatement[] = [];
    const options: PlanOptions = {
      context: {
        ...this.#options.judgeWith(),
        ...this.#knowledge.settings(unit),
        connection,
        agent,
        subject,
        database,
        role,
        transaction,
        transactionMoved: this.#commitGate.moved,
        uncommitted: this.#commitGate.list(transaction),
        caution: cautions.current(),
        comparisonsLeft: cautions.comparisonsLeft,
      },
      names: this.#names,
      answers: this.#answers,
      database,
      role,
      searchPath: this.#knowledge.searchPath,
      settings: this.#knowledge.settingsMark,
      record: (judged, protocol, parameters, digest) => {
        const statement = ++this.#statements;
        ruleAnswered(judged.rule.id);
        // A refusal keeps what its rules are about, and no result will say so.
        if (judged.masking !== null && judged.masking.refusal !== null) rulesMasked(judged.masking.rules);
        recorder.append(statementRecord({ statement, protocol, parameters, transaction, digest }, judged));
        const running = new RunningStatement(statement, judged, {
          recorder,
          monotonic,
          use: (usage, running) => cautions.use(usage, running),
          masked: rulesMasked,
          net: this.#options.net,
        });
        if (judged.verdict === 'allow' && judged.masking !== null) cautions.compared(comparisonsOf(judged.masking));
        cautions.use({ statements: 1, relations: [...judged.effects.reads, ...judged.effects.writes] }, false);
        made.push(running);
        return running;
      },
    };
    try {
      return planUnit(unit, options);
    } catch (error) {
      // The journal says of what was recorded and will not be sent that it was not.
      if (error instanceof ProtocolError) for (const running of made) running.finish('skipped');
      throw error;
    }
  }

  /** Gets an answer for every member that needs one, in order, and makes what is recorded durable before any of it is sent. */
  async #decideThenForward(plan: UnitPlan): Promise<void> {
    this.#holds.nextUnit();
    for (const [position, member] of plan.members.entries()) {
      const { verdict, rule } = member.judged;
      this.#cancels.refuse([member]);
      if (member.refusal !== null) break;
      if (verdict === 'terminate') {
        member.running.finish('refused');
        return this.#end(`rule ${rule.id}`, errorResponse(refusedByRule('terminate', rule)));
      }
      if (verdict === 'block') member.refusal = refusedByRule('block', rule);
      if (verdict === 'ask') {
        await this.#holds.hold(member, plan.members.slice(position + 1));
        if (member.refusal === null) this.#options.cautions.approved(rule.id);
      }
      if (this.#ended !== null) return;
      if (this.#answers.skipping) return this.#skip(plan);
      if (member.refusal !== null) break; // what follows in the segment will be skipped
    }
    const sent = plan.members.filter(({ refusal }) => refusal === null);
    this.#options.database.remember(sent.flatMap(({ judged }) => judged.masking?.copies ?? []));
    await this.#options.recorder.sync();
    this.#busy = false;
    if (this.#ended !== null) return;
    this.#cancels.refuse(plan.members);
    this.#forward(plan);
    this.#pump();
  }

  /** When the session ended while a unit was being decided, none of it was sent. */
  #finishUnsent(plan: UnitPlan): void {
    if (this.#ended === null) return;
    for (const { running, refusal } of plan.members) {
      if (refusal !== null) running.failed({ C: refusal.sqlstate, M: refusal.message });
      running.finish(refusal === null ? 'skipped' : 'refused');
    }
  }

  /** The server failed the open segment meanwhile and drops what follows up to the Sync; so do we. */
  #skip(plan: UnitPlan): void {
    for (const { running } of plan.members) running.finish('skipped');
    this.#busy = false;
    if (plan.kind === 'segment' && plan.end === 'sync') this.#intake.sync();
    this.#pump();
  }

  #completed(running: RunningStatement): void {
    this.#knowledge.completed(running, this.#answers.transaction);
    if (running.judged.commits && !running.hasFailed) this.#commitGate.committed(running.seq);
  }

  #forward(plan: UnitPlan): void {
    for (const { running, judged, digest } of plan.members) this.#commitGate.sent(running.seq, judged, digest);
    this.#holds.sent();
    this.#knowledge.sent(plan);
    this.#sockets.toUpstream(forwardPlan(plan, this.#answers, this.#knowledge.view.profile.active));
  }

  #upstreamData(chunk: Buffer): void {
    if (this.#ended !== null) return;
    this.#fromUpstream.push(chunk);
    for (let message = this.#fromUpstream.next(); message !== null; message = this.#fromUpstream.next()) {
      if (message instanceof MessagePart) this.#answers.handlePart(message);
      else this.#answers.handle(message);
    }
    this.#sockets.toClient(this.#toClient.take());
    this.#intake.answered();
    this.#pump();
  }

  #clientEnd(): void {
    this.#clientEnded = true;
    if (this.#intake.saidGoodbye) this.#pump();
    else this.#leave();
  }

  /** The client is gone: a held statement is withdrawn, a running one cancelled, the upstream closed. */
  #leave(): void {
    const reason = 'the client disconnected';
    this.#holds.giveUp(`${reason} while the statement waited`);
    if (this.#answers.idle || this.#busy || this.#ended !== null) return this.#end(reason, null);
    const grace = setTimeout(() => this.#end(`${reason} while a statement ran`, null), cancelGraceMs);
    void this.cancel(this.#options.monotonic()).then(() => {
      clearTimeout(grace);
      this.#end(`${reason} while a statement ran`, null);
    });
  }

  #upstreamGone(): void {
    const reason = 'the database closed the connection';
    this.#holds.withdraw(`${reason} while the statement waited`);
    this.#sockets.toClient(this.#toClient.take());
    const lastWords = errorResponse({
      severity: 'FATAL',
      sqlstate: sqlstate.connectionFailure,
      message: `The database behind Postern connection "${this.facts.connection}" closed the connection`,
      hint: 'Connect again; what was not committed is lost.',
    });
    this.#end(reason, this.#answers.fatal ? null : lastWords);
  }

  #later(work: () => Promise<void>): void {
    this.#busy = true;
    this.#working = work().catch((error: unknown) => this.#fail('client', error));
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail('client', error);
    }
  }

  /** Something cannot go on: nothing more is forwarded in either direction, and the client is told why. */
  #fail(side: 'client' | 'upstream', error: unknown): void {
    const state = sqlstateOf(error);
    const message = messageOf(error);
    this.#log('error', `session failed: ${message}`, { side, sqlstate: state });
    const silent = side === 'client' && error instanceof MessageLengthError; // as the server closes
    this.#end(`${side}: ${message}`, silent ? null : errorResponse({ severity: 'FATAL', sqlstate: state, message }));
  }

  #end(reason: string, lastWords: Buffer | null): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    const { cancelUpstream, recorder, onEnd } = this.#options;
    const running = !this.#answers.idle && !this.#busy;
    this.#holds.withdraw(reason);
    try {
      this.#answers.abandon();
    } catch (error) {
      this.#log('error', `could not record the end of a statement: ${messageOf(error)}`);
    }
    this.#sockets.closeClient(this.#answers.midMessage ? null : lastWords);
    if (!running) this.#sockets.leaveUpstream();
    else {
      // A server notices a closed socket only when its statement is done, so a running one is cancelled first.
      cancelUpstream()
        .catch((error: unknown) => this.#log('warn', `cancel failed: ${messageOf(error)}`))
        .finally(() => this.#sockets.cutUpstream());
    }
    // A hold that was withdrawn just now has its decision still to be recorded.
    this.#working
      .then(() => recorder.close(reason))
      .catch((error: unknown) => this.#log('error', `could not close the journal: ${messageOf(error)}`))
      .finally(() => onEnd(reason));
  }

  #log(level: 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#options.log(level, message, { session: this.facts.id, ...details });
  }
}
