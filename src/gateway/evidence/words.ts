import type { Outcome, RecordedDecision } from '../../contract/index.ts';

// Words that replay and report both use, so that the two never say different things of the same fact.

/** A time span as a person says it: `4 ms`, `12.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
}

/** `1 row`, `3 rows`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** How a hold ended, as the start of a sentence. */
export function decisionWords({ state, by, via, at, retryOf, sequence, approvalId }: RecordedDecision): string {
  const who = by === null ? '' : ` by ${by}`;
  const how = via === null ? '' : ` (${via})`;
  if (retryOf !== undefined) {
    const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    const earlier = `${state}${who}${how} for its retry on ${when} UTC`;
    const held = `statement ${retryOf.statement} of session ${retryOf.sessionId}, which the agent had given up; request ${approvalId}`;
    return `${state === 'approved' ? 'ran on a ticket: ' : ''}${earlier} (${held})`;
  }
  if (sequence !== undefined) {
    const began = `statement ${sequence.statement} of session ${sequence.sessionId}; request ${approvalId}`;
    return `${state}${who}${how} with the whole ${sequence.kind} that began with ${began}`;
  }
  switch (state) {
    case 'approved':
      return `approved${who}${how}`;
    case 'denied':
      return `denied${who}${how}`;
    case 'expired':
      return 'denied: nobody answered before the deadline';
    case 'withdrawn':
      return 'withdrawn: the agent or the database went away';
    case 'cancelled':
      return 'cancelled by the agent';
    case 'skipped':
      return 'skipped: an earlier statement of its segment failed';
    default:
      return state satisfies never;
  }
}

/** What became of a statement, in a few words. */
export function outcomeWords(outcome: Outcome | null): string {
  if (outcome === null) return 'no outcome recorded';
  const { status } = outcome;
  switch (status) {
    case 'ok':
      return `executed: ${outcome.tags.join(', ') || 'no command tag'}`;
    case 'error':
      return 'failed in the database';
    case 'refused':
      return 'refused, not executed';
    case 'skipped':
      return 'skipped after an earlier error, not executed';
    case 'cancelled':
      return 'cancelled';
    case 'lost':
      return 'outcome unknown: the connection was lost';
    default:
      return status satisfies never;
  }
}
