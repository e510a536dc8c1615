import type { RetryJournal, RetryStep, SequenceEvent, SequenceJournal } from '../approval/types.ts';
import type { RecordBody } from '../journal/records.ts';
import type { GateJournals } from './gate-journals.ts';

/** Writes what becomes of given-up requests into the gate's own journal: their sessions' journals may be closed by then. */
export const retryJournal = (journals: Pick<GateJournals, 'record' | 'require'>): RetryJournal => ({
  require: (step) => journals.require(retryRecord(step)),
  note: (step) => journals.record(retryRecord(step)),
});

function retryRecord({ event, request, by, via, reason, usedBy }: RetryStep): RecordBody {
  const { id: approvalId, sessionId, statementSeq, agent, subject, connection, rule, digest, retry } = request;
  return {
    type: 'retry',
    event,
    approvalId,
    sessionId,
    statement: statementSeq,
    agent,
    subject,
    connection,
    rule: rule.id,
    digest,
    until: Math.round(retry?.until ?? request.deadlineAt),
    by,
    via,
    reason,
    usedBy: usedBy === null ? null : { sessionId: usedBy.sessionId, statement: usedBy.statementSeq },
  };
}

/** Writes what is decided for whole sequences into the gate's own journal: they outlive the session that began them. */
export const sequenceJournal = (journals: Pick<GateJournals, 'record' | 'require'>): SequenceJournal => ({
  require: (event) => journals.require(sequenceRecord(event)),
  note: (event) => journals.record(sequenceRecord(event)),
});

function sequenceRecord({ event, request, by, via, reason }: SequenceEvent): RecordBody {
  const { id: approvalId, sessionId, statementSeq: statement, agent, subject, connection, sequence } = request;
  return {
    type: 'sequence',
    event,
    approvalId,
    sessionId,
    statement,
    agent,
    subject,
    connection,
    kind: sequence?.kind ?? 'migration',
    schemas: sequence?.schemas ?? [],
    until: sequence?.answer?.until ?? request.deadlineAt,
    statements: sequence?.answer?.statements ?? 0,
    by,
    via,
    reason,
  };
}
