import { assertNever } from '../../contract/index.ts';
import { limit } from '../wire/constants.ts';
import { errorResponse } from '../wire/encode-backend.ts';
import { MessagePart, MessageStream } from '../wire/message-stream.ts';
import { Answers } from './answers.ts';
import { Cancels } from './cancels.ts';
import { CommitGate } from './commit-gate.ts';
import { CopyLooks } from './copy-looks.ts';
import { decideUnit, finishUnsent } from './decide.ts';
import { forwardPlan } from './forward.ts';
import { FrameBatch } from './frame-batch.ts';
import { Holds } from './holds.ts';
import { Intake } from './intake.ts';
import { SessionKnowledge } from './knowledge.ts';
import { NameRegistry } from './names.ts';
import { Planner } from './planner.ts';
import { refusedByRule } from './refusal.ts';
import type { RunningStatement } from './running-statement.ts';
import type { Unit } from './segment.ts';
import { SessionEnding } from './session-ending.ts';
import type { SessionFacts, SessionOptions } from './session-options.ts';
import { SocketPair } from './socket-pair.ts';
import type { UnitPlan } from './unit-plan.ts';

/** Bytes of unread client messages above which the client is paused; a waiting session reads up to it, to notice a client that leaves. */
const clientBacklog = 8 * 1024 * 1024;

/**
 * One agent connection: frames in, judgement, frames out. A unit (segment.ts) has its turn (`#pump`), is understood, judged and
 * recorded (planner.ts), decided about where it has to be (decide.ts, holds.ts), sent (forward.ts) and answered (answers.ts). It is
 * judged only when nothing is owed by the server, so that every state it depends on (names, settings, transaction) is known
 * and not guessed.
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
  readonly #copyLooks: CopyLooks;
  readonly #planner: Planner;
  readonly #ending: SessionEnding;
  /** When the latest bytes of the client came. */
  #heardAt = 0;
  /** When the bytes of the statement came that is being prepared or runs. */
  #sentAt = 0;
  /** A unit is being looked up or decided about; no other has its turn meanwhile. */
  #busy = false;
  /** What `busy` stands for; settles soon after the session has ended. Never rejects. */
  #working: Promise<void> = Promise.resolve();
  #clientEnded = false;
  /** Why the session ends as soon as no statement runs. */
  #endsAfter: string | null = null;

  constructor(options: SessionOptions) {
    this.facts = options.facts;
    this.#options = options;
    const { facts, client, upstream, database, parameters, startup, recorder, broker, processId, monotonic } = options;
    this.#sockets = new SocketPair(client, upstream, {
      clientData: (chunk) => this.#clientData(chunk),
      clientEnd: () => this.#clientEnd(),
      clientGone: () => this.#ending.clientLeft(),
      upstreamData: (chunk) => this.#upstreamData(chunk),
      upstreamGone: () => this.#ending.upstreamGone(),
      upstreamFailed: (error) => this.#ending.log('warn', `upstream: ${error.message}`),
      fault: (side, error) => this.#ending.fail(side, error),
      clientMayGoOn: () => !this.#backlogged,
    });
    this.#cancels = new Cancels({
      cancelUpstream: options.cancelUpstream,
      log: (...said) => this.#ending.log(...said),
    });
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
      processId,
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
    this.#copyLooks = new CopyLooks(answers, knowledge, write);
    const { id: sessionId, ...asker } = options.facts;
    this.#holds = new Holds({
      ...{ broker, recorder, client, answers, cancels, knowledge, database, processId, write, monotonic },
      policy: () => options.judgeWith().policy,
      asker: () => ({ sessionId, ...asker, environment: options.judgeWith().environment }),
      ended: () => this.#ending.ended,
    });
    this.#planner = new Planner({ session: options, names, answers, knowledge, commitGate: this.#commitGate });
    this.#ending = new SessionEnding({
      ...{ session: options, sockets: this.#sockets, answers, holds: this.#holds },
      flush: () => this.#sockets.toClient(this.#toClient.take()),
      cancel: () => this.cancel(monotonic()),
      busy: () => this.#busy,
      working: () => this.#working,
    });
    this.#fromUpstream = new MessageStream(() => limit.backendMessage, {
      above: limit.gathered,
      inParts: (type, size) => answers.inParts(type, size),
    });
    this.#intake = new Intake({
      answers,
      toUpstream: write,
      leave: () => this.#ending.clientLeft(),
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
    if (this.#ending.ended || arrivedAt < this.#sentAt) return;
    if (this.#holds.cancel()) return;
    if (this.#busy) this.#cancels.beforeSending();
    if (this.#busy ? !this.#copyLooks.looking : this.#answers.idle) return;
    await this.#cancels.running();
    this.#attempt(() => this.#pump());
  }

  /** Ends the session from our side; the client gets a FATAL with this text. */
  terminate(reason: string): void {
    this.#ending.terminate(reason);
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
    while (!this.#ending.ended && !this.#busy && !this.#cancels.inFlight) {
      const unit = this.#intake.next();
      if (unit === null) break;
      this.#turn(unit);
    }
    if (this.#ending.ended || this.#busy) return;
    this.#sockets.resumeClient();
    const gone = this.#clientEnded || this.#intake.saidGoodbye;
    if (gone && !this.#intake.waiting && this.#answers.idle) this.#ending.end('the client disconnected', null);
  }

  #turn(unit: Unit): void {
    this.#sentAt = this.#heardAt;
    this.#cancels.nextTurn();
    this.#dispatch(unit);
  }

  #dispatch(unit: Unit): void {
    if (this.#answers.skipping) {
      // The server drops everything up to the Sync, unread; so do we.
      this.#planner.skip(unit);
      if (unit.kind === 'segment' && unit.end === 'sync') this.#intake.sync();
      return;
    }
    if (this.#knowledge.isStale(this.#answers, unit)) return this.#later(() => this.#refreshThen(unit));
    const plan = this.#planner.plan(unit);
    this.#cancels.refuse(plan.members);
    this.#copyLooks.refuse(plan);
    const allowed = plan.members.every(({ judged }) => judged.verdict === 'allow' && !judged.changes);
    if (allowed && !this.#copyLooks.due(plan)) this.#forward(plan);
    else this.#later(() => this.#decide(plan));
  }

  async #refreshThen(unit: Unit): Promise<void> {
    await this.#knowledge.refresh(this.#answers, unit);
    this.#busy = false;
    if (this.#ending.ended) return;
    this.#dispatch(unit);
    this.#pump();
  }

  async #decide(plan: UnitPlan): Promise<void> {
    try {
      await this.#decideThenForward(plan);
    } finally {
      if (this.#ending.ended) finishUnsent(plan);
    }
  }

  /** What is recorded is durable before any of it is sent. */
  async #decideThenForward(plan: UnitPlan): Promise<void> {
    const { database, recorder, cautions } = this.#options;
    const [holds, cancels, answers] = [this.#holds, this.#cancels, this.#answers];
    const decided = await decideUnit(plan, { holds, cancels, answers, cautions, ended: () => this.#ending.ended });
    switch (decided.next) {
      case 'ended':
        return;
      case 'terminate':
        return this.#ending.end(`rule ${decided.rule.id}`, errorResponse(refusedByRule('terminate', decided.rule)));
      case 'skip':
        return this.#skip(plan);
      case 'send':
        break;
      default:
        assertNever(decided);
    }
    const sent = plan.members.filter(({ refusal }) => refusal === null);
    database.remember(sent.flatMap(({ judged }) => judged.masking?.copies ?? []));
    await recorder.sync();
    cancels.refuse(plan.members);
    if (!this.#ending.ended) await this.#copyLooks.look(plan);
    this.#busy = false;
    if (this.#ending.ended) return;
    cancels.refuse(plan.members);
    this.#forward(plan);
    this.#pump();
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
    if (this.#ending.ended) return;
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
    else this.#ending.clientLeft();
  }

  #later(work: () => Promise<void>): void {
    this.#busy = true;
    this.#working = work().catch((error: unknown) => this.#ending.fail('client', error));
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#ending.fail('client', error);
    }
  }
}
