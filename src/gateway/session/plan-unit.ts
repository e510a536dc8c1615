import { decodeFunctionCall, decodeQuery } from '../wire/decode-frontend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { judge, judgeFunctionCall } from './judge.ts';
import { Oversized } from './oversized.ts';
import { asksForPolicy, asPolicyQuestion, policyAnswer } from './own-policy.ts';
import { makeMember, oversizedMember, type PlanOptions } from './plan-member.ts';
import { planSegment } from './plan-segment.ts';
import type { Unit } from './segment.ts';
import type { UnitPlan } from './unit-plan.ts';

/** Understands and judges everything in a unit. Throws ProtocolError on a message that the server would not take either. */
export function planUnit(unit: Unit, options: PlanOptions): UnitPlan {
  switch (unit.kind) {
    case 'query': {
      if (unit.frame instanceof Oversized) return oversizedPlan(unit.frame, 'simple', options);
      const text = decodeQuery(unit.frame);
      const judged = judge(text, 'simple', options.names, options.context);
      const asks = asksForPolicy(text, options.context);
      const known = asks ? asPolicyQuestion(judged) : judged;
      const frame = asks ? encode.query(policyAnswer(options.context)) : unit.frame;
      return { kind: 'query', frame, members: [makeMember(known, 'simple', null, [], { text }, options)] };
    }
    case 'function_call': {
      if (unit.frame instanceof Oversized) return oversizedPlan(unit.frame, 'function_call', options);
      const judged = judgeFunctionCall(decodeFunctionCall(unit.frame).functionOid, options.context);
      return {
        kind: 'function_call',
        frame: unit.frame,
        members: [makeMember(judged, 'function_call', null, [], { text: unit.frame }, options)],
      };
    }
    case 'segment':
      return planSegment(unit.frames, unit.end, options);
  }
}

function oversizedPlan(message: Oversized, protocol: 'simple' | 'function_call', options: PlanOptions): UnitPlan {
  return { kind: 'oversized', members: [oversizedMember(message, protocol, options)] };
}
