import type { EffectsView, RuleAnswer, Scope, Verdict } from '../../contract/index.ts';
import type { AskedColumns } from '../masking/net/asked-columns.ts';
import type { MaskingProfile, StatementMasking } from '../masking/types.ts';
import type { Policy } from '../policy/types.ts';
import type { CatalogSnapshot } from '../sql/catalog.ts';
import type { ParsedStatement } from '../sql/effects.ts';
import type { Parser } from '../sql/parser.ts';
import type { CautionState } from './caution.ts';

/** What the judgement of one statement depends on, besides its text. */
export interface JudgeContext {
  readonly parser: Parser;
  readonly catalog: CatalogSnapshot | null;
  readonly policy: Policy;
  readonly profile: MaskingProfile;
  readonly environment: 'production' | 'staging' | 'local';
  readonly connection: string;
  readonly agent: string;
  readonly subject: string;
  readonly groups: readonly string[];
  /** What the agent's key allows at most. */
  readonly scope: Scope | null;
  readonly database: string;
  readonly role: string;
  /** Milliseconds since the epoch: rules may hold at certain times only. */
  readonly now: number;
  readonly transaction: 'idle' | 'open' | 'failed';
  /** Something in flight may have ended the transaction since the server told its state. */
  readonly transactionMoved: boolean;
  /** What ran in the open transaction for its COMMIT to be asked about. */
  readonly uncommitted: readonly Uncommitted[];
  readonly cautions: CautionState;
  /** Columns in which a detector that is to ask recognised values; none when absent. */
  readonly asked?: AskedColumns;
  /** Settings of the session that decide what the server reads in the text, as it last reported them. */
  readonly standardConformingStrings: boolean;
  readonly clientEncoding: string;
  /** Whether either of the two was ever another one in this session, so that the end of a transaction may bring it back. */
  readonly readingVaries: boolean;
  /** An earlier statement may have changed either of them, and the server has not reported yet: it does so at a Sync only. */
  readonly readingInFlight: boolean;
  /** Whether the session ever searched other schemas than a new one, so that the end of a transaction may bring them back. */
  readonly searchPathVaries: boolean;
  /** An earlier statement of the same pipeline may have changed the search_path, so names may mean other relations. */
  readonly searchPathInFlight: boolean;
  /** Why what the catalog says cannot be relied on at this moment; null when it can. */
  readonly catalogDoubt: string | null;
  /** The server's own grammar refuses the text as ours does, so nothing of it can run. */
  readonly refusedByGrammar: boolean;
  /** Names of relations that this transaction made; nobody outside sees yet what they do when they are written. */
  readonly madeHere: ReadonlySet<string>;
}

/**
 * What a session is like before it did anything, for judgements beside one: nothing of it is in flight, and it reads texts
 * as the gate insists on for anything but `observe`.
 */
export const newSession = {
  standardConformingStrings: true,
  clientEncoding: 'UTF8',
  readingVaries: false,
  readingInFlight: false,
  searchPathVaries: false,
  searchPathInFlight: false,
  transactionMoved: false,
  uncommitted: [],
  cautions: { current: () => null, comparisonsLeft: 0 },
  scope: null,
  catalogDoubt: null,
  refusedByGrammar: false,
  madeHere: new Set<string>(),
} as const satisfies Partial<JudgeContext>;

/** A statement that ran in a transaction whose COMMIT is to wait for the operator because of it. */
export interface Uncommitted {
  readonly text: string;
  readonly rule: RuleAnswer;
  readonly effects: EffectsView;
  /** What an approval of the statement would be bound to. */
  readonly digest: string;
}

/** A statement text, judged. */
export interface Judged {
  readonly text: string;
  /** SHA-256 in hex of a whole message of which `text` is only the beginning, because it was too long to be taken. */
  readonly wholeDigest?: string;
  readonly verdict: Verdict;
  readonly rule: RuleAnswer;
  /** It runs now, and the COMMIT of its transaction waits for the operator. */
  readonly awaitsCommit: boolean;
  /** It is that COMMIT. */
  readonly commitsGated: boolean;
  /** It makes permanent what its transaction did. */
  readonly commits: boolean;
  readonly effects: EffectsView;
  /** Null on a connection without masks. */
  readonly masking: StatementMasking | null;
  /** The statements in the text, whose names are taken over as the server completes them. */
  readonly statements: readonly ParsedStatement[];
  /** Anything but reading: the record must survive a power loss before the statement is sent. */
  readonly changes: boolean;
  readonly changesCatalog: boolean;
  /** It may change settings that the server does not report, see settings-mark.ts. */
  readonly changesSettings: boolean;
  /** Names of the relations that it makes, when making these is all that it does to the catalog; else null. */
  readonly makes: readonly string[] | null;
  readonly mayChangeSearchPath: boolean;
  /** It may change the settings by which the server reads the texts that follow it in a pipeline. */
  readonly mayChangeReading: boolean;
  /** It may change what names mean to the statements behind it in a pipeline. */
  readonly movesNames: boolean;
}
