import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { type ConnectionConfig, type EventPayload, messageOf, type SessionDetail } from '../contract/index.ts';
import { ApprovalBroker } from './approval/broker.ts';
import { CopiedColumns, type CopyPlace, copiedColumnsFile, placeOfCopy } from './copied-columns.ts';
import { CoveredColumns, coveredColumnsFile, placeName, type RenamedAt, type RenamedKey } from './covered-columns.ts';
import { Databases } from './databases.ts';
import { endedByChange, retryJournal, sequenceJournal } from './decision-records.ts';
import type { DoorClient } from './door/client.ts';
import { describeListener } from './door/host.ts';
import type { OpenListener } from './door/listener.ts';
import { StartupPlaces, startupPlaceLimit } from './door/startup-places.ts';
import { behindFence } from './fences.ts';
import { GateJournals } from './gate-journals.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { createCancelLimiter } from './identity/cancel-limiter.ts';
import { fetchJson } from './identity/fetch-json.ts';
import { createRateLimiter } from './identity/rate-limiter.ts';
import { nextEnd, noRights, rightsOf, whyOver } from './identity/rights.ts';
import { createTokenProver } from './identity/token-prover.ts';
import type { Identity } from './identity/types.ts';
import { JournalError } from './journal/errors.ts';
import { loadOrCreateSigner, type Signer } from './journal/signer.ts';
import { loadOrCreateHashKey } from './keys.ts';
import { KnownTargets, knownTargetsFile } from './known-targets.ts';
import { LiveSessions } from './live-sessions.ts';
import { askedColumns } from './masking/net/asked-columns.ts';
import { withDetected } from './masking/net/detected-columns.ts';
import { Findings } from './masking/net/findings.ts';
import { netRules } from './masking/net/net-rules.ts';
import { openDoor } from './open-door.ts';
import { policyOf } from './policy/index.ts';
import { Problems } from './problems.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { RoleRequests } from './role-requests.ts';
import { RuleHits } from './rule-hits.ts';
import { sampleTable } from './sample.ts';
import { sampleColumns } from './sample-columns.ts';
import { askedProof } from './session/authentication.ts';
import { refuseClient } from './session/client-handshake.ts';
import { type DoorOptions, type RefusedAttempt, receiveClient, unproved } from './session/open-session.ts';
import { createCancelDoor } from './session/receive-cancel.ts';
import { settingsChanges } from './settings-changes.ts';
import { catalogMoment } from './sql/catalog-moment.ts';
import { loadCatalog } from './sql/catalog-query.ts';
import { databaseIdentity } from './sql/database-identity.ts';
import { createParser, type Parser } from './sql/parser.ts';
import { createSteadyClock } from './steady-clock.ts';
import { textStoreIn } from './text-store.ts';
import { watchExpiry } from './token-expiry.ts';
import {
  type DeskEvent,
  type FindingDismissal,
  type Gateway,
  GatewayError,
  type GatewayEventName,
  type GatewayOptions,
  type GatewaySettings,
  type SignInRecord,
} from './types.ts';
import { CredentialVault } from './upstream/credentials.ts';
import { SessionRoles } from './upstream/session-roles.ts';
import { openSideConnection, type SideConnection } from './upstream/side-query.ts';
import { resolveSecrets, upstreamTarget } from './upstream/target.ts';
import { testConnection } from './upstream/test-connection.ts';
import type { TargetIdentity } from './upstream/types.ts';
import { sqlstate } from './wire/constants.ts';

/** Limits of the whole gate. */
export const gatewayLimit = {
  /** Clients at once, per listener, those that are still logging in included. */
  clients: 1000,
  startupTimeoutMs: 10_000,
} as const;

/**
 * Builds the gate. Loads PostgreSQL's grammar and this installation's keys; opens nothing yet. Rejects with GatewayError
 * `keys_unwritable` when the keys cannot be read or made.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const parser = await createParser();
  try {
    const signer = loadOrCreateSigner(options.keyFolder);
    return new PosternGateway(options, parser, signer, loadOrCreateHashKey(options.keyFolder));
  } catch (error) {
    const hint = error instanceof JournalError ? error.hint : 'Check that the folder can be written by this user.';
    throw new GatewayError(
      'keys_unwritable',
      `The keys in ${options.keyFolder} cannot be used: ${messageOf(error)}`,
      hint,
    );
  }
}

type Listeners = { [N in GatewayEventName]: Set<(payload: EventPayload<N>) => void> };

class PosternGateway implements Gateway {
  readonly approvals: ApprovalBroker;
  readonly credentials = new CredentialVault({ environment: process.env });
  readonly findings: Findings;
  readonly #options: GatewayOptions;
  readonly #problems = new Problems(() => this.#emit('overview.changed', {}));
  readonly #journals: GateJournals;
  readonly #refusals = new RefusalLedger({
    record: (body) => this.#journals.record(body),
    clock: Date.now,
    later: (delayMs, run) => setTimeout(run, delayMs).unref(),
  });
  readonly #ruleHits = new RuleHits(Date.now);
  readonly #maskHits = new RuleHits(Date.now);
  readonly #targets: KnownTargets;
  readonly #sessions: LiveSessions;
  readonly #roles: SessionRoles;
  readonly #roleRequests: RoleRequests;
  readonly #door: DoorOptions;
  readonly #listeners: Listeners = {
    'approval.changed': new Set(),
    'session.changed': new Set(),
    'statement.changed': new Set(),
    'overview.changed': new Set(),
    'gate.changed': new Set(),
  };
  #open: OpenListener[] = [];
  #settings: GatewaySettings;
  readonly copies: CopiedColumns;
  readonly #covered: CoveredColumns;
  #stopAwaiting = (): void => undefined;

  constructor(options: GatewayOptions, parser: Parser, signer: Signer, hashKey: Buffer) {
    const { approvalDeadlineMs: deadlineMs, journalFolder: folder, log, settings, version: gateVersion } = options;
    this.#options = options;
    this.findings = options.findings ?? new Findings(Date.now);
    const storeOf = options.storeOf ?? ((name: string) => textStoreIn(options.keyFolder, name));
    this.#targets = new KnownTargets(storeOf(knownTargetsFile));
    this.copies = new CopiedColumns(storeOf(copiedColumnsFile), Date.now, ({ sources, ...copy }) => {
      const what = `connection ${copy.connection}: ${placeOfCopy(copy)} is masked from now on, since a statement copies ${sources.join(', ')} to it`;
      this.#journals.record({ type: 'settings_changed', what, by: 'the gate' });
      void this.#roles.renew(copy.connection);
    });
    this.#covered = new CoveredColumns(storeOf(coveredColumnsFile), {
      now: Date.now,
      renamed: (column) =>
        this.#journals.record({ type: 'settings_changed', what: renamedWords(column), by: 'the gate' }),
      changed: (connection) => this.#showRenamed(connection),
      unwritten: (error) => log('error', `could not write ${coveredColumnsFile}: ${messageOf(error)}`),
    });
    this.#settings = settings;
    this.credentials.preload(settings.connections);
    this.#journals = new GateJournals({
      ...{ folder, signer, problems: this.#problems },
      recorded: () => this.#emit('gate.changed', {}),
    });
    this.approvals = new ApprovalBroker({
      clock: Date.now,
      monotonic: createSteadyClock(),
      newId: randomUUID,
      deadlineMs,
      journal: retryJournal(this.#journals),
      sequenceJournal: sequenceJournal(this.#journals),
    });
    this.approvals.onChange((request) => this.#emit('approval.changed', request));
    const config = (name: string): ConnectionConfig | null => this.#config(name);
    const judged = (name: string): ConnectionConfig | null => {
      const current = config(name);
      return current === null ? null : behindFence(current);
    };
    this.#sessions = new LiveSessions({
      gateVersion,
      journals: this.#journals,
      databases: new Databases({
        ...{ config: judged, credentials: this.credentials, copies: this.copies, findings: this.findings },
        ...{ covered: this.#covered, hashKey, monotonic, log },
      }),
      broker: this.approvals,
      monotonic,
      log,
      judgeWith: (at, identity) => {
        const current = config(at.name) ?? at;
        const { environment } = current;
        const { scope, groups } = this.#rights(identity, current.name) ?? noRights;
        const policy = (options.policyOf ?? policyOf)(current);
        const asked = askedColumns(this.findings.found(at.name), netRules(current.detectors), current.maskRules);
        return { parser, policy, environment, scope, groups, now: Date.now(), asked };
      },
      reached: (at, identity) => this.#reached(config(at.name) ?? at, identity),
      budgets: (at) => (config(at.name) ?? at).budgets,
      comparisons: (at) => (config(at.name) ?? at).maskedComparisons,
      detectors: (at) => (config(at.name) ?? at).detectors,
      findings: this.findings,
      atExpiry: (provider) =>
        this.#settings.identityProviders.find(({ name }) => name === provider)?.atExpiry ?? 'at_once',
      ruleAnswered: (connection, ruleId) => this.#ruleHits.count(connection, ruleId),
      rulesMasked: (connection, ruleIds) => {
        for (const id of ruleIds) this.#maskHits.count(connection, id);
      },
      listener: {
        statement: (sessionId, statement) => this.#emit('statement.changed', { sessionId, statement }),
        summary: (summary) => this.#emit('session.changed', summary),
      },
    });
    this.#roles = new SessionRoles({
      installationKey: hashKey,
      place: `${hostname()}:${resolve(options.keyFolder)}`,
      open: (target) => openSideConnection(target, { statementTimeoutMs: 10_000 }),
      granted: (connection, side) => this.#roleRequests.audit(connection, side),
      log,
    });
    this.#roleRequests = new RoleRequests({
      ...{ config, problems: this.#problems, log },
      groups: (identity, connection) => (this.#rights(identity, connection) ?? noRights).groups,
      masked: {
        copied: (connection, database) => this.copies.rules(connection, database),
        renamed: (connection, identity, at, rules) => this.#covered.look(connection, identity, at, rules),
        found: (connection) => this.findings.found(connection),
      },
    });
    this.#door = this.#createDoor();
    for (const { name } of settings.connections) this.#showRenamed(name);
    this.#awaitNextEnd();
  }

  async start(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    this.#journals.start();
    try {
      this.#open = await openDoor({
        ...this.#options,
        maximum: gatewayLimit.clients,
        receive: (client, connection) => void receiveClient(client, connection, this.#door),
        full: (client) => refuseClient(client, sqlstate.tooManyConnections, 'Postern has too many clients already'),
      });
      const addresses = this.#open.map(({ host, port }) => ({ host, port }));
      this.#journals.record({
        type: 'gate_start',
        version: this.#options.version,
        listeners: addresses.map((address) => describeListener(address)),
        operatingSystemUser: userInfo().username,
        previous: this.#journals.previous,
      });
      return addresses;
    } catch (error) {
      await this.stop('could not start');
      throw error;
    }
  }

  async stop(reason: string): Promise<void> {
    const listeners = this.#open;
    this.#open = [];
    this.#stopAwaiting();
    this.approvals.stop(reason);
    const ending = this.#sessions.close(reason); // first: their clients are to hear why
    await Promise.all([...listeners.map((listener) => listener.close()), ending]);
    await this.#roles.settled();
    this.#refusals.flush();
    this.#journals.record({ type: 'gate_stop', reason });
    await this.#journals.close();
  }

  configure(settings: GatewaySettings, by: string): void {
    for (const what of settingsChanges(this.#settings, settings)) {
      this.#journals.record({ type: 'settings_changed', what, by });
    }
    const before = this.#settings;
    this.#settings = settings;
    this.approvals.withdrawEarlier((request) => endedByChange(before, settings, request));
    this.credentials.preload(settings.connections);
    for (const { name } of fencesChanged(before.connections, settings.connections)) void this.#roles.renew(name);
    void this.#roles.renewMoved();
    for (const { name } of [...before.connections, ...settings.connections]) this.#showRenamed(name);
    this.#endWhoLostRights();
  }

  settings(): GatewaySettings {
    return this.#settings;
  }

  liveSessions(): readonly SessionDetail[] {
    return this.#sessions.details();
  }

  terminateSession(sessionId: string, reason: string): boolean {
    const live = this.#sessions.has(sessionId);
    // Who ends a session does not mean the rest of its reset to go on in the next one.
    const ended = this.#sessions.details().find(({ summary }) => summary.id === sessionId)?.summary;
    this.approvals.endSequences(({ agent, connection }) =>
      ended !== undefined && ended.agent === agent && ended.connection === connection ? reason : null,
    );
    void this.#sessions.end(({ id }) => (id === sessionId ? reason : null));
    return live;
  }

  lastSeen(): ReadonlyMap<string, number> {
    return this.#sessions.lastSeen;
  }

  testConnection(config: ConnectionConfig, password: string | null) {
    const secrets = resolveSecrets(this.credentials, config, password);
    return testConnection(
      secrets.then((found) => upstreamTarget(config, found)),
      { audit: (side) => this.#roleRequests.findings(config, side) },
    );
  }

  catalog(connection: string) {
    return this.#withSide(connection, async (side) =>
      withDetected(await loadCatalog(side.query, 0), this.findings.found(connection), null),
    );
  }

  sampleRows(connection: string, schema: string, table: string, limit: number) {
    return this.#withSide(connection, (side) => sampleTable(side, schema, table, limit));
  }

  sampleColumns(connection: string) {
    return this.#withSide(connection, async (side) => sampleColumns(side, await loadCatalog(side.query, 0), monotonic));
  }

  dismissFindings({ connection, places, dismissed }: FindingDismissal, by: string): void {
    const said = places.map(({ place, kind }) => `${place} (${kind})`).join(', ');
    const what = `connection ${connection}: ${dismissed ? 'dismissed as not personal' : 'no longer dismissed'}: ${said}`;
    this.#journals.record({ type: 'settings_changed', what, by });
    this.findings.setDismissed(connection, places, dismissed);
  }

  ruleHits(connection: string) {
    return this.#ruleHits.of(connection);
  }

  maskHits(connection: string) {
    return this.#maskHits.of(connection);
  }

  copiedColumns(connection: string) {
    return this.copies.list(connection);
  }

  forgetCopy(copy: CopyPlace, by: string): boolean {
    if (!this.copies.forget(copy)) return false;
    const what = `connection ${copy.connection}: ${placeOfCopy(copy)} is said to hold no copies of masked values any more, and is masked no longer`;
    this.#journals.record({ type: 'settings_changed', what, by });
    void this.#roles.renew(copy.connection);
    return true;
  }

  async renamedColumns(connection: string): Promise<readonly RenamedAt[]> {
    await this.#withSide(connection, async (side) => {
      const moment = catalogMoment();
      const read = await loadCatalog(side.query, 0);
      const identity = await databaseIdentity(side.query);
      const rules = this.#config(connection)?.maskRules ?? [];
      const catalog = withDetected(read, this.findings.found(connection), rules);
      this.#covered.look(connection, identity, { catalog, moment }, rules);
    });
    return this.#covered.renamed(connection);
  }

  knownRenamed(connection: string): readonly RenamedAt[] {
    return this.#covered.renamed(connection);
  }

  forgetRenamed(key: RenamedKey, by: string): boolean {
    const column = this.#covered
      .renamed(key.connection)
      .find(
        (one) => one.database === key.database && one.oid === key.oid && one.attributeNumber === key.attributeNumber,
      );
    if (column === undefined || !this.#covered.forget(key)) return false;
    const { connection, database, now } = column;
    const what = `connection ${connection}: ${placeName(now)} in database ${database} is no longer masked for the name that it had`;
    this.#journals.record({ type: 'settings_changed', what, by });
    void this.#roles.renew(connection);
    return true;
  }

  targetDoubt(connection: string): string | null {
    return this.#targets.doubt(connection);
  }

  acceptTarget(connection: string, by: string): boolean {
    const doubt = this.#targets.doubt(connection);
    if (doubt === null || !this.#targets.accept(connection)) return false;
    this.#journals.record({ type: 'settings_changed', what: `${doubt} Accepted as right.`, by });
    this.#problems.solve(targetProblem(connection));
    return true;
  }

  recordSignIn(record: SignInRecord): void {
    this.#journals.require({ type: 'sign_in', ...record });
  }

  note(event: DeskEvent): void {
    this.#journals.record(event);
  }

  gateJournal(): string | null {
    return this.#journals.name;
  }

  problems() {
    return this.#problems.list();
  }

  on<N extends GatewayEventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  #createDoor(): DoorOptions {
    return {
      authenticator: createAuthenticator({
        agents: () => this.#settings.agents,
        tokens: createTokenProver({
          providers: () => this.#settings.identityProviders,
          fetchJson,
          clock: Date.now,
          monotonic: createSteadyClock(),
        }),
        clock: Date.now,
        limiter: createRateLimiter(Date.now),
      }),
      askedProof: (database, fixedConnection) => askedProof(database, fixedConnection, this.#settings),
      places: new StartupPlaces((client) => void this.#displaced(client)),
      credentials: this.credentials,
      credentialRejected: (config) => {
        this.credentials.rejected(config);
        this.#journals.record({ type: 'credential', event: 'rejected', connection: config.name, by: null });
      },
      roles: this.#roles,
      roleRequest: (config, identity, account) =>
        this.#roleRequests.of(config, identity, account, this.#rights(identity, config.name) ?? noRights),
      connections: () => this.#settings.connections,
      startupTimeoutMs: gatewayLimit.startupTimeoutMs,
      cancel: createCancelDoor({
        registry: this.#sessions.cancels,
        limiter: createCancelLimiter(monotonic),
        refused: (attempt) => {
          if (!this.#refusals.cancelRefused(attempt)) return;
          this.#options.log('warn', 'refused a cancel request: its key is nobody’s', attempt);
        },
      }),
      monotonic,
      refused: (attempt) => this.#refused(attempt),
      admit: (admission) => this.#sessions.admit(admission),
    };
  }

  #refused(attempt: RefusedAttempt): void {
    if (!this.#refusals.refused(attempt)) return;
    const { identity, ...facts } = attempt;
    this.#options.log('warn', `refused a client: ${attempt.reason}`, { ...facts, agent: identity?.agent ?? null });
  }

  /** A client had to leave its place in start-up to another. */
  async #displaced(client: DoorClient): Promise<void> {
    const reason = `it had not finished start-up when more than ${startupPlaceLimit} clients were in it`;
    this.#refused({ ...(await unproved(client)), user: '', database: '', reason });
  }

  /** A session reached this database: says, from then on, whether it is doubted. */
  #reached(config: ConnectionConfig, identity: TargetIdentity | null): () => string | null {
    const doubt = this.#targets.check(config, identity, this.#settings.connections);
    if (doubt === null) {
      this.#problems.solve(targetProblem(config.name));
      return () => null;
    }
    this.#options.log('warn', doubt.reason, { connection: config.name });
    this.#journals.record({ type: 'target_doubted', connection: config.name, reason: doubt.reason });
    this.#problems.raise({
      code: targetProblem(config.name),
      message: doubt.reason,
      hint: 'Its statements are held. Look under Connections whether the database is the right one, and say so there.',
    });
    return () => (doubt.settled() ? null : doubt.reason);
  }

  async #withSide<T>(connection: string, work: (side: SideConnection) => Promise<T>): Promise<T> {
    const config = this.#config(connection);
    if (config === null) {
      throw new GatewayError('settings_invalid', `There is no connection "${connection}".`, 'Choose another one.');
    }
    const target = upstreamTarget(config, await resolveSecrets(this.credentials, config));
    const side = await openSideConnection(target, { statementTimeoutMs: 5_000 });
    try {
      return await work(side);
    } finally {
      side.close();
    }
  }

  /** Tells the operator of columns that are masked although their rule does not name them any more. */
  #showRenamed(connection: string): void {
    const renamed = this.#covered.renamed(connection);
    const [first] = renamed;
    if (first === undefined || (this.#config(connection)?.maskRules ?? []).length === 0)
      return this.#problems.solve(renamedProblem(connection));
    const more = renamed.length === 1 ? '' : ` ${renamed.length - 1} more of this kind are listed there.`;
    this.#problems.raise({
      code: renamedProblem(connection),
      message: `${connection}: ${placeName(first.was)} is called ${placeName(first.now)} now, which its mask rule does not name. It stays masked.`,
      hint: `Look under Rules: name the column in the rule, or say that it need not be masked.${more}`,
    });
  }

  #config(name: string): ConnectionConfig | null {
    return this.#settings.connections.find((config) => config.name === name) ?? null;
  }

  /** Ends the sessions that may not go on under the settings of now, and comes back when the next rights end by themselves. */
  #endWhoLostRights(): void {
    void this.#sessions.end(({ connection }, identity) =>
      this.#config(connection) === null
        ? 'its connection was removed'
        : whyOver(identity, connection, this.#settings, Date.now()),
    );
    this.#awaitNextEnd();
  }

  #awaitNextEnd(): void {
    this.#stopAwaiting();
    const end = nextEnd(this.#settings, Date.now());
    this.#stopAwaiting = end === null ? () => undefined : watchExpiry(end, Date.now, () => this.#endWhoLostRights());
  }

  #rights(identity: Identity, connection: string) {
    return rightsOf(identity, connection, this.#settings, Date.now());
  }

  #emit<N extends GatewayEventName>(name: N, payload: EventPayload<N>): void {
    for (const listener of [...this.#listeners[name]]) listener(payload);
  }
}

const monotonic = (): number => performance.now();

/** Connections whose live sessions are to be granted something else than before. */
const fencesChanged = (before: readonly ConnectionConfig[], now: readonly ConnectionConfig[]): ConnectionConfig[] =>
  now.filter((config) => {
    const known = before.find(({ name }) => name === config.name);
    const fence = ({ maskRules, sessionRole }: ConnectionConfig): string => JSON.stringify([maskRules, sessionRole]);
    return known !== undefined && fence(known) !== fence(config);
  });

const renamedProblem = (connection: string): string => `columns_renamed.${connection}`;

const renamedWords = ({ connection, database, was, now, rule }: RenamedAt): string =>
  `connection ${connection}: ${placeName(was)} in database ${database} is called ${placeName(now)} now; it stays masked as rule ${rule} said`;

const targetProblem = (connection: string): string => `target_changed.${connection}`;
