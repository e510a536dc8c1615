import type { Verification } from '../../../contract/index.ts';
import { counted } from '../words.ts';
import type { ReportInput } from './input.ts';
import { facts, rule } from './parts.ts';
import { type Colour, colours, type Sheet } from './sheet.ts';
import { moment } from './times.ts';

/** First page: what this is about, whether it can be relied on, and who made it. */
export function printCover(sheet: Sheet, input: ReportInput, timeZone: string): void {
  const { summary } = input.detail;
  sheet.pdf.rect(0, 0, sheet.pdf.page.width, 8).fill(colours.accent);
  sheet.put('POSTERN', sheet.left, 52, { font: 'bold', size: 10, colour: 'accent' });
  sheet.put('Session report', sheet.left, 70, { font: 'bold', size: 26, colour: 'ink' });
  sheet.y = 108;
  sheet.text(`What the agent \u201c${summary.agent}\u201d did on the connection \u201c${summary.connection}\u201d`, {
    size: 12,
    colour: 'muted',
    gapAfter: 14,
  });
  printReliance(sheet, input);
  printCounts(sheet, input);
  facts(sheet, [
    ['Session', summary.id, 'mono'],
    ['Agent', `${summary.agent}, proved by ${summary.subject}`],
    [
      'Program',
      `${summary.applicationName ?? 'not named'} (claimed by the agent, not verified), from ${summary.clientAddress}, ${summary.clientTls ?? 'not encrypted'}`,
    ],
    ['Connection', `${summary.connection} (${summary.environment})`],
    ['Database and role', `${summary.database}, as ${summary.role}${serverOf(input)}`],
    ['Started', moment(summary.startedAt, timeZone)],
    ['Ended', endOf(input, timeZone)],
  ]);
  sheet.y += 6;
  rule(sheet);
  sheet.y += 10;
  facts(sheet, [
    ['Completeness', completeness(input)],
    ['Report made', moment(input.generatedAt, timeZone)],
    ['Exported by', `${input.generatedBy} (operating-system user)`],
    ['Generator', `Postern ${input.generatorVersion}`],
  ]);
}

interface Reliance {
  readonly colour: Colour;
  readonly title: string;
  readonly text: string;
}

/** In plain words, whether the journal behind the report can be relied on. */
export function reliance({ ok, sealedToTheEnd, findings }: Verification, live: boolean): Reliance {
  if (!ok) {
    const list = findings.length === 1 ? 'One fault was' : `${findings.length} faults were`;
    return {
      colour: 'red',
      title: 'The recording could not be verified',
      text: `${list} found: ${findings[0]?.message ?? ''} Do not rely on this report before the cause is known. All findings are listed in the appendix.`,
    };
  }
  if (sealedToTheEnd) {
    return {
      colour: 'green',
      title: 'The recording is whole',
      text: 'Every record is in its place and unchanged, and the closing signature is that of this installation of Postern.',
    };
  }
  return {
    colour: 'amber',
    title: live ? 'The session is still open' : 'The recording is unchanged, but was not closed',
    text: live
      ? 'What is recorded so far is unchanged. What happens after this report was made is not in it.'
      : 'Postern was ended before it could sign the end of this session. What is here is unchanged; records missing at the very end cannot be ruled out.',
  };
}

function printReliance(sheet: Sheet, { verification, detail }: ReportInput): void {
  const { colour, title, text } = reliance(verification, detail.summary.live);
  const lines = sheet.wrap(text, 'sans', 9.5, sheet.width - 32);
  const height = 36 + lines.length * 13.5;
  sheet.pdf.roundedRect(sheet.left, sheet.y, sheet.width, height, 5).fill(colours.wash);
  sheet.pdf.roundedRect(sheet.left, sheet.y, 5, height, 2).fill(colours[colour]);
  sheet.put(title, sheet.left + 18, sheet.y + 11, { font: 'bold', size: 12, colour });
  for (const [index, line] of lines.entries()) {
    sheet.put(line, sheet.left + 18, sheet.y + 29 + index * 13.5, { font: 'sans', size: 9.5, colour: 'ink' });
  }
  sheet.y += height + 16;
}

function printCounts(sheet: Sheet, { detail }: ReportInput): void {
  const { statements, held, refused, errors, rows } = detail.summary.counts;
  const tiles: readonly (readonly [number, string, Colour])[] = [
    [statements, 'statements', 'ink'],
    [held, 'held for a decision', held > 0 ? 'amber' : 'muted'],
    [refused, 'refused', refused > 0 ? 'red' : 'muted'],
    [errors, 'failed', errors > 0 ? 'red' : 'muted'],
    [rows, 'rows sent or changed', 'ink'],
  ];
  const width = sheet.width / tiles.length;
  for (const [index, [count, label, colour]] of tiles.entries()) {
    const x = sheet.left + index * width;
    sheet.put(count.toLocaleString('en-US'), x, sheet.y, { font: 'bold', size: 19, colour });
    sheet.put(label, x, sheet.y + 25, { font: 'sans', size: 8.2, colour: 'muted' });
  }
  sheet.y += 50;
}

function endOf({ detail: { summary } }: ReportInput, timeZone: string): string {
  if (summary.endedAt === null) return 'still open when this report was made';
  return moment(summary.endedAt, timeZone, ` (${summary.endReason ?? 'no reason recorded'})`);
}

function serverOf({ records }: ReportInput): string {
  const body = records.find((record) => record.body.type === 'session_start')?.body;
  if (body?.type !== 'session_start') return '';
  return `, PostgreSQL ${body.serverVersion}, ${body.upstreamEncrypted ? 'over TLS' : 'without encryption'}`;
}

function completeness({ records, verification, detail }: ReportInput): string {
  const first = records[0]?.seq ?? 0;
  const last = records.at(-1)?.seq ?? 0;
  const gaps = verification.findings.filter(({ code }) => code === 'records_missing').length;
  const missing = gaps === 0 ? 'no gap' : counted(gaps, 'gap');
  const end = detail.summary.live ? ' The session went on after the last of them.' : '';
  return `Made from ${counted(records.length, 'record')} (journal lines ${first} to ${last}, ${missing}); no filter was applied. Results are shown as the agent got them: masked columns were masked before anything was recorded.${end}`;
}
