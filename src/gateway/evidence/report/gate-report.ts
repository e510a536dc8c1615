import {
  assertNever,
  type GateEvent,
  type GateEventKind,
  type GateVerification,
  type Report,
} from '../../../contract/index.ts';
import { counted } from '../words.ts';
import { finisher } from './furniture.ts';
import { printGateEvents } from './gate-section.ts';
import { codeBlock, facts, heading, subheading, table } from './parts.ts';
import { colours, Sheet } from './sheet.ts';
import { moment, utc } from './times.ts';

/** Everything a report of the gate is made of. The same input makes the same bytes. */
export interface GateReportInput {
  readonly period: { readonly since: number; readonly until: number };
  /** Oldest first. */
  readonly events: readonly GateEvent[];
  readonly journals: readonly (GateVerification['journals'][number] & { readonly sha256: string })[];
  /** Milliseconds since the epoch. */
  readonly generatedAt: number;
  readonly generatedBy: string;
  readonly generatorVersion: string;
  /** Folder with the DejaVu fonts. */
  readonly fontsFolder: string;
  /** IANA name for local times; the machine's by default. */
  readonly timeZone?: string;
}

/** In the order of PCI DSS 10.2.1, as far as it goes. */
const kinds: readonly GateEventKind[] = ['refusal', 'gate', 'settings', 'credential', 'target', 'decision', 'journal'];

/** The audit report of the gate itself for a period, as a PDF. Rejects when the fonts are missing. */
export function printGateReport(input: GateReportInput): Promise<Report> {
  const { period, events, generatedAt, generatedBy } = input;
  const sheet = new Sheet(input.fontsFolder, {
    title: 'Postern gate report',
    author: generatedBy,
    createdAt: new Date(generatedAt),
  });
  const finish = finisher(sheet);
  sheet.pdf.outline.addItem('Gate');
  printCover(sheet, input);
  for (const kind of kinds) {
    const some = events.filter((event) => event.kind === kind);
    sheet.pdf.outline.addItem(titleOf(kind));
    heading(sheet, titleOf(kind));
    if (some.length === 0) sheet.text('Nothing in this period.', { colour: 'muted', gapAfter: 10 });
    else printGateEvents(sheet, some);
    sheet.space(6);
  }
  sheet.newPage();
  sheet.pdf.outline.addItem('Appendix: verification');
  printVerification(sheet, input);
  return finish(`postern-gate-${day(period.since)}-to-${day(period.until)}.pdf`, {
    title: `The gate from ${utc(period.since)} to ${utc(period.until)}`,
    kind: 'Postern gate report',
    foot: `Made ${utc(generatedAt)}`,
  });
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

function titleOf(kind: GateEventKind): string {
  switch (kind) {
    case 'refusal':
      return 'Who was not let in';
    case 'gate':
      return 'Start and stop';
    case 'settings':
      return 'Changes of settings';
    case 'credential':
      return 'Credentials';
    case 'target':
      return 'Databases that were doubted';
    case 'decision':
      return 'Decisions beyond a session';
    case 'journal':
      return 'Who read journals';
    default:
      return assertNever(kind);
  }
}

function printCover(sheet: Sheet, input: GateReportInput): void {
  const timeZone = input.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { period, events, journals } = input;
  const bad = journals.filter(({ verification }) => !verification.ok).length;
  sheet.pdf.rect(0, 0, sheet.pdf.page.width, 8).fill(colours.accent);
  sheet.put('POSTERN', sheet.left, 52, { font: 'bold', size: 10, colour: 'accent' });
  sheet.put('Gate report', sheet.left, 70, { font: 'bold', size: 26, colour: 'ink' });
  sheet.y = 112;
  sheet.text(
    bad === 0
      ? 'The journals of the gate are whole: every record is in its place and unchanged.'
      : `${counted(bad, 'journal')} of the gate could not be verified. Do not rely on this report before the cause is known; see the appendix.`,
    { font: 'bold', size: 11, colour: bad === 0 ? 'green' : 'red', gapAfter: 10 },
  );
  facts(sheet, [
    ['From', moment(period.since, timeZone)],
    ['To', moment(period.until, timeZone)],
    [
      'Contents',
      kinds.map((kind) => `${titleOf(kind)}: ${events.filter((one) => one.kind === kind).length}`).join('; '),
    ],
    [
      'Completeness',
      `All records of the gate\u2019s journals in this time; no filter was applied. Of many refusals of one address within a minute the first are listed, and the others counted. Each journal names the one before it, so one that is missing between two others is a fault; that the newest are missing only a head hash kept elsewhere can tell.`,
    ],
    ['Report made', moment(input.generatedAt, timeZone)],
    ['Exported by', `${input.generatedBy} (operating-system user)`],
    ['Generator', `Postern ${input.generatorVersion}`],
  ]);
  sheet.space(10);
}

function printVerification(sheet: Sheet, { journals }: GateReportInput): void {
  heading(sheet, 'Appendix: verification');
  table(
    sheet,
    [
      { head: 'Journal', share: 3, font: 'mono' },
      { head: 'Records', share: 1.1 },
      { head: 'Result', share: 1.6 },
      { head: 'Head hash, SHA-256 of the file', share: 5, font: 'mono' },
    ],
    journals.map(({ name, live, verification: { ok, records, sealedToTheEnd, headHash }, sha256 }) => [
      name,
      String(records),
      ok ? (sealedToTheEnd ? 'whole, closed' : live ? 'whole so far, being written' : 'whole, not closed') : 'FAULTY',
      `${headHash}\n${sha256}`,
    ]),
    4,
  );
  for (const { name, verification } of journals) {
    if (verification.ok) continue;
    subheading(sheet, name);
    for (const { code, record, message } of verification.findings) {
      sheet.text(`${record === null ? '' : `Line ${record}: `}${message} (${code})`, { colour: 'red' });
    }
  }
  subheading(sheet, 'How to verify it yourself');
  sheet.text('With Postern, or with the stand-alone script that comes with it (Python 3, nothing else needed):');
  codeBlock(
    sheet,
    'postern verify gate\npython3 verify-journal.py gate/NAME.journal journal-signing-key.pub.pem',
    'accent',
  );
}
