import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { ConnectionConfig, EventPayload, SessionDetail } from '../contract/index.ts';
import { ApprovalBroker } from './approval/broker.ts';
import { createAgentKeyAuthenticator } from './identity/agent-key-authenticator.ts';
import { createRateLimiter } from './identity/rate-limiter.ts';
import { JournalError } from './journal/errors.ts';
import type { JournalWriter, RecordBody } from './journal/records.ts';
import { loadOrCreateSigner, type Signer } from './journal/signer.ts';
import { createJournal } from './journal/writer.ts';
import { loadOrCreateHashKey } from './keys.ts';
import { type OpenListener, openListener } from './listener.ts';
import { policies } from './policy/index.ts';
import { sampleTable } from './sample.ts';
import { CancelRegistry } from './session/cancel-registry.ts';
import { ClientGone, refuseClient } from './session/client-handshake.ts';
import { DatabaseContext } from './session/database-context.ts';
import { type Admission, type Admitted, receiveClient } from './session/open-session.ts';
import { SessionRecorder } from './session/recorder.ts';
import { Session } from './session/session.ts';
import { settingsChanges } from './settings-changes.ts';
import { loadCatalog } from './sql/catalog-query.ts';
import { createParser, type Parser } from './sql/parser.ts';
import {
  type Gateway,
  GatewayError,
  type GatewayEventName,
  type GatewayOptions,
  type GatewaySettings,
} from './types.ts';
import { cancelUpstream } from './upstream/cancel.ts';
import { CredentialVault } from './upstream/credentials.ts';
import { openSideConnection, type SideConnection } from './upstream/side-query.ts';
import { upstreamTarget } from './upstream/target.ts';
import { testConnection } from './upstream/test-connection.ts';
import type { UpstreamTarget } from './upstream/types.ts';
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
  readonly #options: GatewayOptions;
  readonly #parser: Parser;
  readonly #signer: Signer;
  readonly #hashKey: Buffer;
  readonly #cancels = new CancelRegistry();
  readonly #sessions = new Map<string, { session: Session; recorder: SessionRecorder; ended: Promise<void> }>();
  readonly #databases = new Map<string, DatabaseContext>();
  readonly #lastSeen = new Map<string, number>();
  readonly #problems = new Map<string, { code: string; message: string; hint: string | null }>();
  readonly #listeners: Listeners = {
    'approval.changed': new Set(),
    'session.changed': new Set(),
    'statement.changed': new Set(),
    'overview.changed': new Set(),
  };
  #open: OpenListener[] = [];
  #settings: GatewaySettings;
  #journal: JournalWriter | null = null;

  constructor(options: GatewayOptions, parser: Parser, signer: Signer, hashKey: Buffer) {
    this.#options = options;
    this.#parser = parser;
    this.#signer = signer;
    this.#hashKey = hashKey;
    this.#settings = options.settings;
    this.credentials.preload(options.settings.connections);
    this.approvals = new ApprovalBroker({
      clock: Date.now,
      monotonic,
      newId: randomUUID,
      deadlineMs: options.approvalDeadlineMs,
    });
    this.approvals.onChange((request) => this.#emit('approval.changed', request));
  }

  async start(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    this.#journal = this.#startJournal();
    try {
      for (const config of this.#options.listeners) {
        this.#open.push(
          await openListener(
            config,
            gatewayLimit.clients,
            (client) => void receiveClient(client, config.connection, this.#door()),
            (client) => refuseClient(client, sqlstate.tooManyConnections, 'Postern has too many clients already'),
          ),
        );
      }
      const addresses = this.#open.map(({ host, port }) => ({ host, port }));
      this.#record({
        type: 'gate_start',
        version: this.#options.version,
        listeners: addresses.map(({ host, port }) => `${host}:${port}`),
        operatingSystemUser: userInfo().username,
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
    this.approvals.stop(reason);
    const ending = [...this.#sessions.values()].map(({ session, ended }) => {
      session.terminate(reason);
      return ended;
    });
    await Promise.all([...listeners.map((listener) => listener.close()), ...ending]);
    this.#record({ type: 'gate_stop', reason });
    await this.#journal?.close();
    this.#journal = null;
  }

  configure(settings: GatewaySettings, by: string): void {
    for (const what of settingsChanges(this.#settings, settings)) this.#record({ type: 'settings_changed', what, by });
    this.#settings = settings;
    this.credentials.preload(settings.connections);
    for (const { session } of [...this.#sessions.values()]) {
      const { agent, connection } = session.facts;
      if (this.#config(connection) === null) session.terminate('its connection was removed');
      else if (!this.#mayUse(agent, connection)) session.terminate('its agent key was revoked');
    }
  }

  settings(): GatewaySettings {
    return this.#settings;
  }

  liveSessions(): readonly SessionDetail[] {
    return [...this.#sessions.values()].map(({ recorder }) => recorder.detail(true));
  }

  terminateSession(sessionId: string, reason: string): boolean {
    const found = this.#sessions.get(sessionId);
    found?.session.terminate(reason);
    return found !== undefined;
  }

  lastSeen(): ReadonlyMap<string, number> {
    return this.#lastSeen;
  }

  testConnection(config: ConnectionConfig, password: string | null) {
    const target = password === null ? this.credentials.resolve(config) : Promise.resolve(password);
    return testConnection(target.then((found) => upstreamTarget(config, found)));
  }

  async catalog(connection: string) {
    return this.#withSide(connection, (side) => loadCatalog(side.query, 0));
  }

  sampleRows(connection: string, schema: string, table: string, limit: number) {
    return this.#withSide(connection, (side) => sampleTable(side, schema, table, limit));
  }

  problems() {
    return [...this.#problems.values()];
  }

  on<N extends GatewayEventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  #door() {
    return {
      authenticator: this.#authenticator,
      credentials: this.credentials,
      connections: () => this.#settings.connections,
      startupTimeoutMs: gatewayLimit.startupTimeoutMs,
      cancel: (processId: number, secretKey: Buffer) => this.#cancels.cancel(processId, secretKey),
      refused: (attempt: { clientAddress: string; user: string; database: string; reason: string }) => {
        this.#options.log('warn', `refused a client: ${attempt.reason}`, attempt);
        this.#record({ type: 'login_refused', ...attempt });
      },
      admit: (admission: Admission) => this.#admit(admission),
    };
  }

  readonly #authenticator = createAgentKeyAuthenticator({
    agents: () => this.#settings.agents,
    limiter: createRateLimiter(Date.now),
  });

  /** Makes the session of an admitted client. Throws JournalError when it cannot be recorded: the client is then refused. */
  async #admit(admission: Admission): Promise<Admitted> {
    const { client, clientAddress, startup, identity, config, target, upstream } = admission;
    const id = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${randomUUID().slice(0, 8)}`;
    const context = this.#database(config, target);
    const release = context.use();
    try {
      await context.refresh();
      if (client.destroyed) throw new ClientGone('the client left before its session began');
      const recorder = new SessionRecorder(id, this.#sessionJournal(id), Date.now, {
        statement: (sessionId, statement) => this.#emit('statement.changed', { sessionId, statement }),
        summary: (summary) => this.#emit('session.changed', summary),
      });
      const facts = {
        id,
        agent: identity.agent,
        subject: identity.subject,
        connection: config.name,
        database: target.database,
        role: target.user,
        applicationName: startup.parameters.get('application_name') ?? null,
        clientAddress,
      };
      recorder.append({
        type: 'session_start',
        ...recordedFacts(facts),
        environment: config.environment,
        policy: config.policy,
        serverVersion: upstream.parameters.get('server_version') ?? '',
        upstreamEncrypted: upstream.encrypted,
        upstreamProcessId: upstream.processId,
        gateVersion: this.#options.version,
      });
      const key = this.#cancels.register(upstream.processId, startup.minorVersion >= 2 ? 32 : 4, () =>
        session.cancel(),
      );
      let onEnded = (): void => undefined;
      const ended = new Promise<void>((resolve) => {
        onEnded = resolve;
      });
      const session = new Session({
        facts,
        client,
        upstream: upstream.socket,
        upstreamRest: upstream.rest,
        parameters: upstream.parameters,
        ownSearchPath: startup.parameters.has('search_path') || startup.parameters.has('options'),
        database: context,
        judgeWith: () => this.#judgeWith(config),
        recorder,
        broker: this.approvals,
        cancelUpstream: () =>
          cancelUpstream(target, upstream.processId, upstream.secretKey, { encrypted: upstream.encrypted }),
        monotonic,
        log: this.#options.log,
        onEnd: () => {
          release();
          key.forget();
          this.#sessions.delete(id);
          onEnded();
          this.#emit('session.changed', recorder.detail(false).summary);
        },
      });
      this.#sessions.set(id, { session, recorder, ended });
      this.#lastSeen.set(identity.agent, Date.now());
      recorder.flush();
      return { secretKey: key.secretKey, start: () => session.start() };
    } catch (error) {
      release();
      throw error;
    }
  }

  #judgeWith(at: ConnectionConfig) {
    const config = this.#config(at.name) ?? at;
    return { parser: this.#parser, policy: policies[config.policy], environment: config.environment };
  }

  #database(config: ConnectionConfig, target: UpstreamTarget): DatabaseContext {
    const key = JSON.stringify([config.name, target.host, target.port, target.database, target.user]);
    const known = this.#databases.get(key);
    if (known !== undefined) return known;
    const context = new DatabaseContext({
      config: () => this.#config(config.name),
      openSide: async () => {
        const current = this.#config(config.name) ?? config;
        const password = await this.credentials.resolve(current);
        return openSideConnection({ ...target, password }, { statementTimeoutMs: 10_000 });
      },
      hashKey: this.#hashKey,
      monotonic,
      log: (level, message) =>
        this.#options.log(level, message, { connection: config.name, database: target.database }),
    });
    this.#databases.set(key, context);
    return context;
  }

  async #withSide<T>(connection: string, work: (side: SideConnection) => Promise<T>): Promise<T> {
    const config = this.#config(connection);
    if (config === null)
      throw new GatewayError('settings_invalid', `There is no connection "${connection}".`, 'Choose another one.');
    const target = upstreamTarget(config, await this.credentials.resolve(config));
    const side = await openSideConnection(target, { statementTimeoutMs: 5_000 });
    try {
      return await work(side);
    } finally {
      side.close();
    }
  }

  #config(name: string): ConnectionConfig | null {
    return this.#settings.connections.find((config) => config.name === name) ?? null;
  }

  #mayUse(agent: string, connection: string): boolean {
    return this.#settings.agents.some(
      (record) => record.name === agent && record.revokedAt === null && record.connections.includes(connection),
    );
  }

  #startJournal(): JournalWriter {
    const name = `gate-${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`;
    try {
      return createJournal({
        folder: `${this.#options.journalFolder}/gate`,
        name,
        signer: this.#signer,
        clock: Date.now,
      });
    } catch (error) {
      const hint = error instanceof JournalError ? error.hint : 'Check the folder.';
      throw new GatewayError(
        'journal_unwritable',
        `Journals cannot be written to ${this.#options.journalFolder}: ${messageOf(error)}`,
        hint,
      );
    }
  }

  #sessionJournal(id: string): JournalWriter {
    try {
      const journal = createJournal({
        folder: this.#options.journalFolder,
        name: id,
        signer: this.#signer,
        clock: Date.now,
      });
      this.#solved('journal');
      return journal;
    } catch (error) {
      this.#problem(
        'journal',
        `A session was refused because its journal could not be made: ${messageOf(error)}`,
        error instanceof JournalError ? error.hint : null,
      );
      throw error;
    }
  }

  /** Appends to the gate's own journal. What cannot be recorded there is a problem that the operator sees. */
  #record(body: RecordBody): void {
    try {
      this.#journal?.append(body);
    } catch (error) {
      this.#problem(
        'gate_journal',
        `The gate's own journal cannot be written: ${messageOf(error)}`,
        error instanceof JournalError ? error.hint : null,
      );
    }
  }

  #problem(code: string, message: string, hint: string | null): void {
    this.#options.log('error', message);
    this.#problems.set(code, { code, message, hint });
    this.#emit('overview.changed', {});
  }

  #solved(code: string): void {
    if (this.#problems.delete(code)) this.#emit('overview.changed', {});
  }

  #emit<N extends GatewayEventName>(name: N, payload: EventPayload<N>): void {
    for (const listener of [...this.#listeners[name]]) listener(payload);
  }
}

const monotonic = (): number => performance.now();
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function recordedFacts({ id, ...facts }: Session['facts']) {
  return { sessionId: id, ...facts };
}
