import type {
  CatalogTable,
  ConnectionConfig,
  EffectsView,
  GateEvents,
  GateVerification,
  MaskExplanation,
  MaskPreview,
  MaskRule,
  PolicyPreset,
  Replay,
  Report,
  RuleAnswer,
  ServiceView,
  SessionDetail,
  SessionSummary,
  Verdict,
  Verification,
} from '../../contract/index.ts';
import type { FetchJson } from '../../gateway/identity/fetch-json.ts';
import type { JournalRecord } from '../../gateway/journal/records.ts';
import type { Policy } from '../../gateway/policy/types.ts';
import type { SampleRows } from '../../gateway/sampling/sample-rows.ts';
import type { Rejudged } from '../../gateway/session/rejudge.ts';
import type { CatalogSnapshot } from '../../gateway/sql/catalog.ts';
import type { Gateway, GatewaySettings, ListenerConfig } from '../../gateway/types.ts';
import type { Keychain } from '../sign-in/keychain.ts';
import type { SignIns } from '../sign-in/sign-ins.ts';
import type { TokenRequests } from '../sign-in/token-requests.ts';
import type { DeskSeal } from './seal.ts';
import type { TestedAccounts } from './tested-accounts.ts';

/** What the desk reads from journals; `gateway/evidence/archive.ts` is the real one. */
export interface DeskArchive {
  list(input: { readonly text?: string | undefined; readonly limit: number }): Promise<SessionSummary[]>;
  get(sessionId: string): Promise<SessionDetail>;
  records(sessionId: string): Promise<readonly JournalRecord[]>;
  verify(sessionId: string): Promise<Verification>;
  replay(sessionId: string): Promise<Replay>;
  report(sessionId: string): Promise<Report>;
}

/** What the desk reads from the gate's own journals; `gateway/evidence/gate/gate-archive.ts` is the real one. */
export interface DeskGateArchive {
  events(input: { readonly limit: number; readonly before?: string | undefined }): Promise<GateEvents>;
  verify(): Promise<GateVerification>;
  report(period: { readonly since: number; readonly until: number }, by: string): Promise<Report>;
}

/** Where connections, agents and rules are kept. `save` resolves only when they are on disk. */
export interface DeskSettings {
  readonly managedBy: 'settings' | 'file';
  current(): GatewaySettings;
  save(next: GatewaySettings): Promise<void>;
}

/** What a policy is made of. */
export type PolicySource = Pick<ConnectionConfig, 'policy' | 'policyRules'>;

/** The rooms that judge and mask, as far as the desk shows what they would do. */
export interface DeskJudges {
  readonly policies: Readonly<Record<PolicyPreset, Policy>>;
  /** The answer that an agent would get to a text, judged as the gate judges it; without a catalog it errs on the strict side. */
  explain(
    config: ConnectionConfig,
    text: string,
    catalog: CatalogSnapshot | null,
    agent: string,
  ): {
    readonly verdict: Verdict;
    readonly rule: RuleAnswer;
    readonly effects: EffectsView;
    readonly masking: MaskExplanation | null;
  };
  /** The policy of a connection: its own rules, then its preset's. */
  policyOf(config: PolicySource): Policy;
  /** Judges the statements of a recorded session under the connection's policy and a proposed one. */
  rejudge(
    config: ConnectionConfig,
    proposed: PolicySource,
    records: Iterable<JournalRecord>,
    catalog: CatalogSnapshot | null,
  ): Iterable<Rejudged>;
  /** Tables of a catalog with the rule that would mask each column. */
  catalogTables(config: ConnectionConfig, catalog: CatalogSnapshot): CatalogTable[];
  previewRows(input: {
    readonly rules: readonly MaskRule[];
    readonly catalog: CatalogSnapshot;
    readonly schema: string;
    readonly table: string;
    readonly sample: SampleRows;
  }): MaskPreview;
}

/** The gate as the desk uses it. It neither starts nor stops it. */
export type DeskGateway = Omit<Gateway, 'start' | 'stop' | 'settings' | 'approvals' | 'credentials'> & {
  readonly approvals: Pick<Gateway['approvals'], 'list' | 'decide' | 'withdrawTicket' | 'endSequence'>;
  readonly credentials: Pick<Gateway['credentials'], 'supply' | 'forget' | 'state'>;
};

/** Everything a desk stands on. Hosts hand it in; tests hand in fakes. */
export interface DeskPorts {
  readonly host: 'electron' | 'headless';
  readonly version: string;
  readonly demo: boolean;
  readonly gateway: DeskGateway;
  readonly archive: DeskArchive;
  readonly gateArchive: DeskGateArchive;
  readonly settings: DeskSettings;
  readonly seal: DeskSeal;
  readonly judges: DeskJudges;
  /** Listeners with the ports they really have. */
  readonly listeners: readonly ListenerConfig[];
  readonly journalFolder: string;
  /** The certificate of this installation's authority: `sslrootcert` in addresses. */
  readonly certificateFile: string;
  readonly approvalDeadlineMs: number;
  /** Name of the operating-system user at the desk; recorded with every decision. */
  readonly operator: string;
  /** Agent keys this process still knows in clear (the demo's own), by agent name. */
  readonly knownKeys: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly createKey: () => string;
  /** The operator's sign-ins at identity providers, and who waits for a token of them. */
  readonly signIns: SignIns;
  readonly tokenRequests: TokenRequests;
  readonly keychain: Pick<Keychain, 'state'>;
  readonly fetchJson: FetchJson;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** How `postern token` is called for this gate: program and arguments. */
  readonly tokenCommand: readonly string[];
  /** What tests of connections found. */
  readonly accounts: TestedAccounts;
  /** The services of libpq's files, without their passwords. */
  readonly services: () => readonly ServiceView[];
}
