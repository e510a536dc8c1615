import type {
  ConnectionConfig,
  ConnectionTest,
  EventName,
  EventPayload,
  PersonalKind,
  SessionDetail,
} from '../contract/index.ts';
import type { ApprovalBroker } from './approval/broker.ts';
import type { ListenerConfig } from './door/types.ts';
import type { RecordBody } from './journal/records.ts';
import type { Findings } from './masking/net/findings.ts';
import type { CopiedPlace, CopyPlace } from './memory/copied-columns.ts';
import type { RenamedAt, RenamedKey } from './memory/covered-columns.ts';
import type { TextStore } from './memory/text-store.ts';
import type { Policy } from './policy/types.ts';
import type { SampledColumns } from './sampling/sample-columns.ts';
import type { SampleRows } from './sampling/sample-rows.ts';
import type { GatewaySettings } from './settings/types.ts';
import type { CatalogSnapshot } from './sql/catalog.ts';
import type { CredentialVault } from './upstream/credentials.ts';

export type { ListenerConfig } from './door/types.ts';
export type { GatewaySettings } from './settings/types.ts';

export interface GatewayOptions {
  readonly version: string;
  readonly listeners: readonly ListenerConfig[];
  readonly settings: GatewaySettings;
  /** What judges on a connection: its rules and its preset when absent. For the conformance run, which judges by words in the text. */
  readonly policyOf?: (config: ConnectionConfig) => Policy;
  /** Milliseconds a statement may wait for the operator; 0 denies at once what would be held. */
  readonly approvalDeadlineMs: number;
  /** Folder of the journals; made when absent. */
  readonly journalFolder: string;
  /** Folder of this installation's own keys (journal signing, hash masker); made when absent, mode 0700. */
  readonly keyFolder: string;
  /** Where the lists are kept that the gate writes, by file name; files in the key folder when absent. */
  readonly storeOf?: ((name: string) => TextStore) | undefined;
  /** Where the certificate of this installation's authority is put for agents; `postern-ca.crt` in the key folder when absent. */
  readonly certificateFile?: string | undefined;
  /** What the second net recognised before; begins empty when absent. Whoever hands it in keeps it. */
  readonly findings?: Findings;
  /** One line for the operator's log; never holds a secret or a row. */
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ) => void;
}

/** Events of the gate that the desk forwards as they are. */
export type GatewayEventName = Extract<
  EventName,
  'approval.changed' | 'session.changed' | 'statement.changed' | 'overview.changed' | 'gate.changed'
>;

/** The product: listeners, sessions, approvals. It knows no desk and no host. */
export interface Gateway {
  readonly approvals: ApprovalBroker;
  readonly credentials: CredentialVault;
  /** What the second net recognised, by connection. */
  readonly findings: Findings;
  /** Opens every listener; rejects with GatewayError `port_in_use`, `listen_failed`, `journal_unwritable` … and leaves nothing open. */
  start(): Promise<readonly { readonly host: string; readonly port: number }[]>;
  /** Ends all sessions (clients get 57P01), closes journals. */
  stop(reason: string): Promise<void>;
  /** Takes new settings over; what changed, and by whom, goes into the gate's own journal. */
  configure(settings: GatewaySettings, by: string): void;
  settings(): GatewaySettings;
  /** Sessions that are open now, from memory. */
  liveSessions(): readonly SessionDetail[];
  /** False when there is no such live session. */
  terminateSession(sessionId: string, reason: string): boolean;
  /** Last successful login per agent name, milliseconds since the epoch. */
  lastSeen(): ReadonlyMap<string, number>;
  /** Opens the upstream once, step by step, and closes it again. Never throws for an upstream's fault. */
  testConnection(config: ConnectionConfig, password: string | null): Promise<ConnectionTest>;
  /** A fresh catalog of a connection's own database. Throws UpstreamError. */
  catalog(connection: string): Promise<CatalogSnapshot>;
  /** Rows of a query on a side connection, values as text, for the operator's preview; read-only transaction, 5 s timeout. */
  sampleRows(connection: string, schema: string, table: string, limit: number): Promise<SampleRows>;
  /** What a few rows of the largest tables look like, for suggested rules: counts, no value. Throws UpstreamError. */
  sampleColumns(connection: string): Promise<SampledColumns>;
  /** The operator says that places do not hold what detectors or names say, or takes that back; it goes into the gate's journal. */
  dismissFindings(dismissal: FindingDismissal, by: string): void;
  /** How often each rule of a connection answered since the gate started. */
  ruleHits(connection: string): readonly { readonly id: string; readonly hits: number; readonly lastAt: number }[];
  /** In how many results each mask rule of a connection masked something, or refused a statement, since the gate started. */
  maskHits(connection: string): readonly { readonly id: string; readonly hits: number; readonly lastAt: number }[];
  /** Columns without a rule that masked values were copied to and that are masked since. */
  copiedColumns(connection: string): readonly CopiedPlace[];
  /**
   * The operator says that a column holds no copies any more; that goes into the gate's journal. False when it was not
   * remembered. Throws the system's error when it cannot be written down.
   */
  forgetCopy(copy: CopyPlace, by: string): boolean;
  /** Looks which columns of a connection's own database left their mask rules by another name, and lists all that are known, the latest first. Throws UpstreamError. */
  renamedColumns(connection: string): Promise<readonly RenamedAt[]>;
  /** The same as they are known now, without looking. */
  knownRenamed(connection: string): readonly RenamedAt[];
  /**
   * The operator says that a column which got another name need not be masked; that goes into the gate's journal. False when
   * it was not masked for its old name. Throws the system's error when it cannot be written down.
   */
  forgetRenamed(column: RenamedKey, by: string): boolean;
  /** Why the database that a connection reached last is doubted; null when it is not. */
  targetDoubt(connection: string): string | null;
  /** The operator says that the doubted database is the right one. False when nothing was doubted. */
  acceptTarget(connection: string, by: string): boolean;
  /** Puts what became of a sign-in of the operator into the gate's own journal. Throws JournalError: it must not happen then. */
  recordSignIn(record: SignInRecord): void;
  /** Writes down in the gate's own journal what was done at the desk. Never throws: a fault becomes a problem. */
  note(event: DeskEvent): void;
  /** Name of the gate's own journal that is being written; null when it is not open. */
  gateJournal(): string | null;
  /** Problems that hold now (a journal folder that cannot be written, a credential that is missing …). */
  problems(): readonly { readonly code: string; readonly message: string; readonly hint: string | null }[];
  on<N extends GatewayEventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
}

export type SignInRecord = Omit<Extract<RecordBody, { type: 'sign_in' }>, 'type'>;

/** What an operator does at the desk that changes no setting and yet belongs in the journal. */
export type DeskEvent = Extract<RecordBody, { type: 'credential' | 'journal_read' }>;
export interface FindingDismissal {
  readonly connection: string;
  readonly places: readonly { readonly place: string; readonly kind: PersonalKind }[];
  /** False takes it back. */
  readonly dismissed: boolean;
}

export type GatewayErrorCode =
  | 'port_in_use'
  | 'listen_failed'
  | 'listener_insecure'
  | 'socket_folder_unsafe'
  | 'authority_unusable'
  | 'journal_unwritable'
  | 'keys_unwritable'
  | 'settings_invalid';

/** A fault of the gate itself, said so that the operator can act on it. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly hint: string;
  constructor(code: GatewayErrorCode, message: string, hint: string) {
    super(message);
    this.name = 'GatewayError';
    this.code = code;
    this.hint = hint;
  }
}
