import * as encode from '../wire/encode-frontend.ts';
import type { Answers } from './answers.ts';
import type { Portal } from './owed.ts';
import type { Member, Step, UnitPlan } from './unit-plan.ts';

/** A statement the server must reject, sent where a refused one stood, so that it and the client agree on the transaction. */
const substitute = 'Postern refused the statement that stood here';
const substituteName = '_postern_refused';

/**
 * Turns a decided unit into the frames to send, and tells `answers` what they will be answered with. A refused member is
 * replaced by a substitute, and nothing behind it in the segment is sent: the server would skip it.
 */
export function forwardPlan(plan: UnitPlan, answers: Answers, masked: boolean): Buffer[] {
  if (plan.kind === 'segment') return forwardSegment(plan, answers, masked);
  const [{ running, refusal }] = plan.members;
  running.start();
  if (refusal !== null) {
    answers.expect({ kind: 'query', running, refusal });
    return [encode.query(substitute)];
  }
  if (plan.kind === 'oversized') throw new Error('an oversized message was not refused');
  answers.expect(
    plan.kind === 'query' ? { kind: 'query', running, refusal: null } : { kind: 'function_call', running },
  );
  return [plan.frame];
}

function forwardSegment(plan: Extract<UnitPlan, { kind: 'segment' }>, answers: Answers, masked: boolean): Buffer[] {
  const frames: Buffer[] = [];
  const refused = plan.members.find((member) => member.refusal !== null);
  const stop = refused === undefined ? plan.steps.length : substitutePosition(plan.steps, refused);
  const described = new Set<Portal>();
  for (const step of plan.steps.slice(0, stop)) forwardStep(step, frames, described, answers, masked);
  if (refused?.refusal != null) {
    answers.expect({ kind: 'refused_parse', running: refused.running, refusal: refused.refusal });
    frames.push(encode.parse(substituteName, substitute));
    const sent = new Set(plan.steps.slice(0, stop).map(memberOf));
    for (const member of plan.members) if (member !== refused && !sent.has(member)) member.running.finish('skipped');
  }
  if (plan.end === 'sync') {
    answers.expect({ kind: 'sync', hidden: false });
    frames.push(encode.sync());
  } else {
    frames.push(encode.flush());
  }
  return frames;
}

/**
 * Where the substitute goes: at the Parse of the refused statement when it stands in the segment and nothing else runs
 * between it and its Bind, so that the server never sees the text; else at the Bind (or the Execute of a cursor).
 */
function substitutePosition(steps: readonly Step[], refused: Member): number {
  const first = steps.findIndex((step) => memberOf(step) === refused);
  const definition =
    steps[first]?.kind === 'bind' || steps[first]?.kind === 'execute' ? portalOf(steps[first])?.definition : undefined;
  const parse = steps.findIndex((step) => step.kind === 'parse' && step.definition === definition);
  if (parse < 0 || parse > first) return first;
  return steps.slice(parse, first).some((step) => memberOf(step) !== null) ? first : parse;
}

const memberOf = (step: Step): Member | null =>
  step.kind === 'bind' || step.kind === 'execute' || step.kind === 'oversized' ? step.member : null;
const portalOf = (step: Step | undefined): Portal | null =>
  step?.kind === 'bind' || step?.kind === 'execute' ? step.portal : null;

function forwardStep(step: Step, frames: Buffer[], described: Set<Portal>, answers: Answers, masked: boolean): void {
  switch (step.kind) {
    case 'oversized':
      throw new Error('an oversized message was not refused');
    case 'parse':
      answers.expect({ kind: 'parse', name: step.name, definition: step.definition, hidden: false });
      break;
    case 'bind':
      answers.expect({ kind: 'bind', name: step.name, portal: step.portal, hidden: false });
      break;
    case 'describe':
      answers.expect({
        kind: 'describe',
        portal: step.portal,
        statement: step.target === 'S' ? step.name : null,
        hidden: false,
      });
      if (step.portal !== null) described.add(step.portal);
      break;
    case 'execute':
      if ((masked || step.portal.running.mayMask) && step.portal.fields === null && !described.has(step.portal)) {
        // Nothing can be masked before its columns are known, and clients cache descriptions.
        answers.expect({ kind: 'describe', portal: step.portal, statement: null, hidden: true });
        frames.push(encode.describe('P', step.portalName));
        described.add(step.portal);
      }
      step.portal.running.start();
      answers.expect({ kind: 'execute', portal: step.portal });
      break;
    case 'close':
      answers.expect({ kind: 'close', target: step.target, name: step.name, hidden: false });
      break;
  }
  frames.push(step.frame);
}
