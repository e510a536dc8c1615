import type { Socket } from 'node:net';
import type { ApprovalBroker, Hold } from '../approval/broker.ts';
import type { ServerLimit } from '../approval/deadline.ts';
import type { ApprovalQuestion, SequenceStep } from '../approval/types.ts';
import { noticeResponse } from '../wire/encode-backend.ts';
import type { Recorder } from './recorder.ts';
import { refusedByDecision, refusedBySequence, sequenceNotice, ticketNotice, waitingNotice } from './refusal.ts';
import type { Member } from './unit-plan.ts';

/**
 * How often a client that waits is sent something harmless, in milliseconds, so that no clock on the way ends it: not an idle
 * timer of the network, and not a driver's limit on the silence of its socket (pgjdbc's socketTimeout, in whole seconds).
 */
const keepAliveMs = 1000;

export interface HoldOptions {
  readonly broker: ApprovalBroker;
  readonly recorder: Recorder;
  readonly client: Socket;
  /** What the question says besides the statement. */
  readonly asker: Omit<ApprovalQuestion, 'statementSeq' | 'text' | 'parameters' | 'effects' | 'rule' | 'digest'>;
  /** What the statement is as a step of a sequence; null where it stands alone. */
  readonly step: SequenceStep | null;
  /** When the server would end the session. */
  readonly limit: ServerLimit | null;
  /** A frame that tells the client nothing new. */
  readonly keepAlive: () => Buffer;
  /** Told of the hold as it begins, so that a cancel or a leaving client can end it; the result is called when it is over. */
  readonly held: (hold: Hold) => () => Promise<void>;
}

/**
 * Waits for the operator with one statement, unless the operator has already answered for this very retry. The client
 * hears why at once. Whatever is not an approval leaves the member
 * with the error that the client gets instead.
 */
export async function holdMember(member: Member, options: HoldOptions): Promise<void> {
  const { broker, recorder, client } = options;
  const { judged, running, parameters, digest } = member;
  const { text, effects, rule } = judged;
  const question: ApprovalQuestion = {
    ...options.asker,
    statementSeq: running.seq,
    text,
    parameters: [...parameters],
    effects,
    rule,
    digest,
  };
  const ofSequence = options.step === null ? null : broker.answerOfSequence(question, options.step);
  if (ofSequence !== null) {
    recorder.append({ type: 'decision', statement: running.seq, decision: ofSequence });
    if (ofSequence.state === 'approved') client.write(noticeResponse(sequenceNotice(rule)));
    else member.refusal = refusedBySequence(rule, ofSequence.reason);
    return;
  }
  const earlier = broker.redeem(question, member.repeatable);
  if (earlier !== null) {
    recorder.append({ type: 'decision', statement: running.seq, decision: earlier });
    if (earlier.state === 'approved') client.write(noticeResponse(ticketNotice(rule)));
    else member.refusal = refusedByDecision(rule, earlier, null);
    return;
  }
  const hold = broker.ask(question, member.repeatable, options.limit, options.step);
  const { id, createdAt, deadlineAt, deadlineCause } = hold.request;
  const over = options.held(hold);
  let timer: NodeJS.Timeout | undefined;
  try {
    recorder.append({ type: 'hold', statement: running.seq, approvalId: id, deadlineAt });
    const deadlineMs = deadlineAt - createdAt;
    if (deadlineMs > 0) {
      client.write(noticeResponse(waitingNotice(rule, deadlineMs, deadlineCause, member.repeatable)));
    }
    timer = setInterval(() => client.write(options.keepAlive()), keepAliveMs);
    await hold.decision;
  } finally {
    clearInterval(timer);
    hold.end('withdrawn', 'the hold could not be recorded'); // without effect once it has ended
    await over();
  }
  const { waitedMs, sequence, ...decision } = await hold.decision;
  const recorded = sequence ?? { approvalId: id, ...decision };
  recorder.append({ type: 'decision', statement: running.seq, decision: recorded });
  running.waited(waitedMs);
  if (sequence !== null && sequence.state === 'denied') member.refusal = refusedBySequence(rule, sequence.reason);
  else if (decision.state !== 'approved') {
    member.refusal = refusedByDecision(rule, decision, deadlineCause, member.repeatable);
  }
}
