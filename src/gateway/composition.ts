import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { messageOf } from '../contract/index.ts';
import { ApprovalBroker } from './approval/broker.ts';
import { Corrections } from './corrections.ts';
import { Databases } from './databases.ts';
import { behindFence } from './fences.ts';
import { createFrontDoor } from './front-door.ts';
import { GateEvents } from './gate-events.ts';
import { retryJournal, sequenceJournal } from './gate-journal/decision-records.ts';
import { GateJournals } from './gate-journal/gate-journals.ts';
import { RefusalLedger } from './gate-journal/refusal-ledger.ts';
import { Inspection } from './inspection.ts';
import type { Signer } from './journal/signer.ts';
import { createJudging } from './judging.ts';
import { LiveSessions } from './live-sessions.ts';
import { Findings } from './masking/net/findings.ts';
import { CopiedColumns, type CopiedPlace, copiedColumnsFile, placeOfCopy } from './memory/copied-columns.ts';
import { CoveredColumns, coveredColumnsFile } from './memory/covered-columns.ts';
import { KnownTargets, knownTargetsFile } from './memory/known-targets.ts';
import { textStoreIn } from './memory/text-store.ts';
import { Problems } from './problems.ts';
import { RenamedWatch } from './renamed-watch.ts';
import { RightsWatch } from './rights-watch.ts';
import { RoleRequests } from './role-requests.ts';
import { RuleHits } from './rule-hits.ts';
import type { DoorOptions } from './session/open-session.ts';
import { CurrentSettings } from './settings/current-settings.ts';
import type { Parser } from './sql/parser.ts';
import { createSteadyClock } from './steady-clock.ts';
import { TargetWatch } from './target-watch.ts';
import type { GatewayOptions } from './types.ts';
import { CredentialVault } from './upstream/credentials.ts';
import { SessionRoles } from './upstream/session-roles.ts';
import { openSideConnection } from './upstream/side-query.ts';

/** What the gate is made of. */
export interface GateParts {
  readonly settings: CurrentSettings;
  readonly events: GateEvents;
  readonly problems: Problems;
  readonly journals: GateJournals;
  readonly refusals: RefusalLedger;
  readonly credentials: CredentialVault;
  readonly findings: Findings;
  readonly copies: CopiedColumns;
  readonly covered: CoveredColumns;
  readonly renamed: RenamedWatch;
  readonly targets: TargetWatch;
  readonly approvals: ApprovalBroker;
  readonly roles: SessionRoles;
  readonly sessions: LiveSessions;
  readonly rights: RightsWatch;
  readonly ruleHits: RuleHits;
  readonly maskHits: RuleHits;
  readonly door: DoorOptions;
  readonly inspection: Inspection;
  readonly corrections: Corrections;
}

/**
 * Puts the rooms of the gate together: what each does stands in its own file, and here only who works with whom. Opens
 * nothing. Throws when a list that the gate keeps cannot be read.
 */
export function composeGate(options: GatewayOptions, parser: Parser, signer: Signer, hashKey: Buffer): GateParts {
  const { journalFolder: folder, keyFolder, log } = options;
  const monotonic = (): number => performance.now();

  // What holds, what is remembered, and where it is told.
  const settings = new CurrentSettings(options.settings);
  const events = new GateEvents();
  const problems = new Problems(() => events.emit('overview.changed', {}));
  const recorded = (): void => events.emit('gate.changed', {});
  const journals = new GateJournals({ folder, signer, problems, recorded });
  const credentials = new CredentialVault({ environment: process.env });
  credentials.preload(options.settings.connections);
  const findings = options.findings ?? new Findings(Date.now);
  const storeOf = options.storeOf ?? ((name: string) => textStoreIn(keyFolder, name));
  const copies = new CopiedColumns(storeOf(copiedColumnsFile), Date.now, (copied) => {
    journals.record({ type: 'settings_changed', what: copyRemembered(copied), by: 'the gate' });
    void roles.renew(copied.connection);
  });
  const covered: CoveredColumns = new CoveredColumns(storeOf(coveredColumnsFile), {
    now: Date.now,
    renamed: (column) => renamed.seen(column),
    changed: (connection) => renamed.show(connection),
    unwritten: (error) => log('error', `could not write ${coveredColumnsFile}: ${messageOf(error)}`),
  });
  const renamed = new RenamedWatch({ covered, settings, problems, journals });
  for (const { name } of options.settings.connections) renamed.show(name);
  const knownTargets = new KnownTargets(storeOf(knownTargetsFile));
  const targets = new TargetWatch({ targets: knownTargets, settings, journals, problems, log });

  // Who asks the operator.
  const approvals = new ApprovalBroker({
    ...{ clock: Date.now, monotonic: createSteadyClock(), newId: randomUUID, deadlineMs: options.approvalDeadlineMs },
    journal: retryJournal(journals),
    sequenceJournal: sequenceJournal(journals),
  });
  approvals.onChange((request) => events.emit('approval.changed', request));

  // As whom sessions work in the database.
  const roleRequests = new RoleRequests({
    ...{ problems, log },
    config: (name) => settings.connection(name),
    groups: (identity, connection) => settings.rights(identity, connection, Date.now()).groups,
    masked: {
      copied: (connection, database) => copies.rules(connection, database),
      renamed: (connection, identity, at, rules) => covered.look(connection, identity, at, rules),
      found: (connection) => findings.found(connection),
    },
  });
  const roles: SessionRoles = new SessionRoles({
    installationKey: hashKey,
    place: `${hostname()}:${resolve(keyFolder)}`,
    open: (target) => openSideConnection(target, { statementTimeoutMs: 10_000 }),
    granted: (connection, side) => roleRequests.audit(connection, side),
    log,
  });

  // The sessions.
  const ruleHits = new RuleHits(Date.now);
  const maskHits = new RuleHits(Date.now);
  const databases = new Databases({
    ...{ credentials, copies, covered, findings, hashKey, monotonic, log },
    config: (name) => {
      const config = settings.connection(name);
      return config === null ? null : behindFence(config);
    },
  });
  const sessions = new LiveSessions({
    ...{ gateVersion: options.version, settings, journals, databases, findings, broker: approvals, monotonic, log },
    judgeWith: createJudging({ parser, settings, findings, policyOf: options.policyOf }),
    reached: (config, upstream) => targets.reached(settings.latest(config), upstream),
    ruleAnswered: (connection, ruleId) => ruleHits.count(connection, ruleId),
    rulesMasked: (connection, ruleIds) => {
      for (const id of ruleIds) maskHits.count(connection, id);
    },
    listener: {
      statement: (sessionId, statement) => events.emit('statement.changed', { sessionId, statement }),
      summary: (summary) => events.emit('session.changed', summary),
    },
  });
  const rights = new RightsWatch(settings, sessions);

  // The door, and what the desk asks.
  const refusals = new RefusalLedger({
    record: (body) => journals.record(body),
    clock: Date.now,
    later: (delayMs, run) => setTimeout(run, delayMs).unref(),
  });
  const door = createFrontDoor({
    ...{ settings, credentials, sessions, roles, roleRequests, journals, refusals, monotonic, log },
  });
  const inspection = new Inspection({ settings, credentials, findings, covered, roleRequests, monotonic });
  const corrections = new Corrections({ findings, copies, covered, roles, journals });

  return {
    ...{ settings, events, problems, journals, refusals, credentials, findings, copies, covered, renamed, targets },
    ...{ approvals, roles, sessions, rights, ruleHits, maskHits, door, inspection, corrections },
  };
}

const copyRemembered = ({ sources, ...place }: CopiedPlace): string =>
  `connection ${place.connection}: ${placeOfCopy(place)} is masked from now on, since a statement copies ${sources.join(', ')} to it`;
