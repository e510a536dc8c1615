import type { RetryJournal, RetryStep, SequenceEvent, SequenceJournal } from './approval/types.ts';
import type { GateJournals } from './gate-journals.ts';
import type { RecordBody } from './journal/records.ts';
import type { GatewaySettings } from './types.ts';

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

/**
 * Why a change of the settings ends what was decided for an agent's retry, or for a whole sequence, on a connection, or null when it does not. Any
 * change of the connection does (policy, masks, target, label): the decision was made under other rules.
 */
export function endedByChange(
  before: GatewaySettings,
  after: GatewaySettings,
  { agent, connection }: { readonly agent: string; readonly connection: string },
): string | null {
  const configOf = ({ connections }: GatewaySettings) => connections.find(({ name }) => name === connection);
  const provider = providerOf(agent);
  if (provider !== null) {
    const grantsOf = ({ identityProviders }: GatewaySettings) =>
      JSON.stringify(identityProviders.find(({ name }) => name === provider));
    if (grantsOf(before) !== grantsOf(after)) return 'its identity provider was changed';
  }
  const keyOf = ({ agents }: GatewaySettings) =>
    agents.find(
      (record) => record.name === agent && record.revokedAt === null && record.connections.includes(connection),
    );
  const config = configOf(after);
  if (config === undefined) return 'its connection was removed';
  if (JSON.stringify(configOf(before)) !== JSON.stringify(config)) return 'its connection or a rule of it was changed';
  if (provider !== null) return null;
  const key = keyOf(after);
  if (key === undefined) return 'its agent key was revoked';
  return keyOf(before)?.keyHash === key.keyHash ? null : 'its agent has another key';
}

/** The provider that stands before the colon of an agent known by its token; names of keys hold none. */
const providerOf = (agent: string): string | null => (agent.includes(':') ? agent.slice(0, agent.indexOf(':')) : null);
