import type { SessionDetail, Verification } from '../../../contract/index.ts';
import type { JournalRecord } from '../../journal/records.ts';

/** Everything a report is made of. The same input makes the same bytes. */
export interface ReportInput {
  readonly detail: SessionDetail;
  readonly records: readonly JournalRecord[];
  readonly verification: Verification;
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
