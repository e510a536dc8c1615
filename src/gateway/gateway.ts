import { userInfo } from 'node:os';
import { type ConnectionConfig, messageOf, type SessionDetail } from '../contract/index.ts';
import type { ApprovalBroker } from './approval/broker.ts';
import { composeGate, type GateParts } from './composition.ts';
import { describeListener } from './door/host.ts';
import type { OpenListener } from './door/listener.ts';
import { gatewayLimit } from './front-door.ts';
import { JournalError } from './journal/errors.ts';
import { loadOrCreateSigner } from './journal/signer.ts';
import type { Findings } from './masking/net/findings.ts';
import type { CopyPlace } from './memory/copied-columns.ts';
import type { RenamedAt, RenamedKey } from './memory/covered-columns.ts';
import { loadOrCreateHashKey } from './memory/hash-key.ts';
import { openDoor } from './open-door.ts';
import { refuseClient } from './session/client-handshake.ts';
import { receiveClient } from './session/open-session.ts';
import { settingsChanges } from './settings/changes.ts';
import { endedByChange } from './settings/ended-by-change.ts';
import { fencesChanged } from './settings/fences-changed.ts';
import { createParser } from './sql/parser.ts';
import {
  type DeskEvent,
  type FindingDismissal,
  type Gateway,
  GatewayError,
  type GatewayOptions,
  type GatewaySettings,
  type SignInRecord,
} from './types.ts';
import type { CredentialVault } from './upstream/credentials.ts';
import { sqlstate } from './wire/constants.ts';

/**
 * Builds the gate. Loads PostgreSQL's grammar and this installation's keys; opens nothing yet. Rejects with GatewayError
 * `keys_unwritable` when the keys cannot be read or made.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const parser = await createParser();
  try {
    const signer = loadOrCreateSigner(options.keyFolder);
    const hashKey = loadOrCreateHashKey(options.keyFolder);
    return new PosternGateway(options, composeGate(options, parser, signer, hashKey));
  } catch (error) {
    const hint = error instanceof JournalError ? error.hint : 'Check that the folder can be written by this user.';
    throw new GatewayError(
      'keys_unwritable',
      `The keys in ${options.keyFolder} cannot be used: ${messageOf(error)}`,
      hint,
    );
  }
}

/** The gate as the desk and its hosts know it. How its parts work together stands in composition.ts. */
class PosternGateway implements Gateway {
  readonly approvals: ApprovalBroker;
  readonly credentials: CredentialVault;
  readonly findings: Findings;
  readonly on: Gateway['on'];
  readonly #options: GatewayOptions;
  readonly #parts: GateParts;
  #open: readonly OpenListener[] = [];

  constructor(options: GatewayOptions, parts: GateParts) {
    this.#options = options;
    this.#parts = parts;
    this.approvals = parts.approvals;
    this.credentials = parts.credentials;
    this.findings = parts.findings;
    this.on = (name, listener) => parts.events.on(name, listener);
  }

  async start(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    this.#beginJournal();
    try {
      this.#open = await openDoor({
        ...this.#options,
        maximum: gatewayLimit.clients,
        receive: (client, connection) => void receiveClient(client, connection, this.#parts.door),
        full: (client) => refuseClient(client, sqlstate.tooManyConnections, 'Postern has too many clients already'),
      });
      const addresses = this.#open.map(({ host, port }) => ({ host, port }));
      this.#parts.journals.record({
        type: 'gate_start',
        version: this.#options.version,
        listeners: addresses.map((address) => describeListener(address)),
        operatingSystemUser: userInfo().username,
        previous: this.#parts.journals.previous,
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
    this.#parts.rights.stop();
    this.approvals.stop(reason);
    const ending = this.#parts.sessions.close(reason); // first: their clients are to hear why
    await Promise.all([...listeners.map((listener) => listener.close()), ending]);
    await this.#parts.roles.settled();
    this.#parts.refusals.flush();
    this.#parts.journals.record({ type: 'gate_stop', reason });
    await this.#parts.journals.close();
  }

  configure(settings: GatewaySettings, by: string): void {
    for (const what of settingsChanges(this.#parts.settings.all, settings)) {
      this.#parts.journals.record({ type: 'settings_changed', what, by });
    }
    const before = this.#parts.settings.replace(settings);
    this.approvals.withdrawEarlier((request) => endedByChange(before, settings, request));
    this.credentials.preload(settings.connections);
    for (const connection of fencesChanged(before, settings)) void this.#parts.roles.renew(connection);
    void this.#parts.roles.renewMoved();
    for (const { name } of [...before.connections, ...settings.connections]) this.#parts.renamed.show(name);
    this.#parts.rights.look();
  }

  settings(): GatewaySettings {
    return this.#parts.settings.all;
  }

  liveSessions(): readonly SessionDetail[] {
    return this.#parts.sessions.details();
  }

  terminateSession(sessionId: string, reason: string): boolean {
    const live = this.#parts.sessions.has(sessionId);
    // Who ends a session does not mean the rest of its reset to go on in the next one.
    const ended = this.#parts.sessions.details().find(({ summary }) => summary.id === sessionId)?.summary;
    this.approvals.endSequences(({ agent, connection }) =>
      ended !== undefined && ended.agent === agent && ended.connection === connection ? reason : null,
    );
    void this.#parts.sessions.end(({ id }) => (id === sessionId ? reason : null));
    return live;
  }

  lastSeen(): ReadonlyMap<string, number> {
    return this.#parts.sessions.lastSeen;
  }

  testConnection(config: ConnectionConfig, password: string | null) {
    return this.#parts.inspection.test(config, password);
  }

  catalog(connection: string) {
    return this.#parts.inspection.catalog(connection);
  }

  sampleRows(connection: string, schema: string, table: string, limit: number) {
    return this.#parts.inspection.rows(connection, schema, table, limit);
  }

  sampleColumns(connection: string) {
    return this.#parts.inspection.columns(connection);
  }

  dismissFindings(dismissal: FindingDismissal, by: string): void {
    this.#parts.corrections.dismissFindings(dismissal, by);
  }

  ruleHits(connection: string) {
    return this.#parts.ruleHits.of(connection);
  }

  maskHits(connection: string) {
    return this.#parts.maskHits.of(connection);
  }

  copiedColumns(connection: string) {
    return this.#parts.copies.list(connection);
  }

  forgetCopy(copy: CopyPlace, by: string): boolean {
    return this.#parts.corrections.forgetCopy(copy, by);
  }

  async renamedColumns(connection: string): Promise<readonly RenamedAt[]> {
    await this.#parts.inspection.lookForRenamed(connection);
    return this.#parts.covered.renamed(connection);
  }

  knownRenamed(connection: string): readonly RenamedAt[] {
    return this.#parts.covered.renamed(connection);
  }

  forgetRenamed(column: RenamedKey, by: string): boolean {
    return this.#parts.corrections.forgetRenamed(column, by);
  }

  targetDoubt(connection: string): string | null {
    return this.#parts.targets.doubt(connection);
  }

  acceptTarget(connection: string, by: string): boolean {
    return this.#parts.targets.accept(connection, by);
  }

  recordSignIn(record: SignInRecord): void {
    this.#parts.journals.require({ type: 'sign_in', ...record });
  }

  note(event: DeskEvent): void {
    this.#parts.journals.record(event);
  }

  gateJournal(): string | null {
    return this.#parts.journals.name;
  }

  problems() {
    return this.#parts.problems.list();
  }

  #beginJournal(): void {
    try {
      this.#parts.journals.start();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      throw new GatewayError('journal_unwritable', error.message, error.hint);
    }
  }
}
