import type { GateEvent, SessionDetail, Verification } from '../../../contract/index.ts';
import type { JournalRecord } from '../../journal/records.ts';

/** What the gate's own journals say of the time of a session. */
export interface GateExcerpt {
  readonly events: readonly GateEvent[];
  /** Whether the journals that they come from verify. */
  readonly ok: boolean;
}

/** Everything a report is made of. The same input makes the same bytes. */
export interface ReportInput {
  readonly detail: SessionDetail;
  readonly records: readonly JournalRecord[];
  readonly verification: Verification;
  /** Null when the journals of the gate are not at hand, as for a single file from elsewhere. */
  readonly gate: GateExcerpt | null;
  /** SHA-256 of the journal file, hex. */
  readonly journalSha256: string;
  /** Milliseconds since the epoch. */
  readonly generatedAt: number;
  readonly generatedBy: string;
  readonly generatorVersion: string;
  /** Folder with the DejaVu fonts. */
  readonly fontsFolder: string;
  /** IANA name for local times; the machine's by default. */
  readonly timeZone?: string;
  /** Pages after which no further statement is printed. */
  readonly maxPages?: number;
}
