import type { Report } from '../../../contract/index.ts';
import { printAppendix } from './appendix.ts';
import { statementCases } from './case.ts';
import { printCover } from './cover.ts';
import { finisher } from './furniture.ts';
import { printGateDuring } from './gate-section.ts';
import type { ReportInput } from './input.ts';
import { Sheet } from './sheet.ts';
import { printStatements } from './statements.ts';
import { printSummary } from './summary.ts';
import { utc } from './times.ts';

const defaultMaxPages = 250;

/**
 * The audit report of one session as a PDF. Deterministic: the same input gives the same bytes. Rejects when the fonts are
 * missing.
 */
export async function printReport(input: ReportInput): Promise<Report> {
  const { summary } = input.detail;
  const timeZone = input.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const createdAt = new Date(input.generatedAt);
  const sheet = new Sheet(input.fontsFolder, {
    title: `Postern session report ${summary.id}`,
    author: input.generatedBy,
    createdAt,
  });
  const finish = finisher(sheet);
  const cases = statementCases(input.records);
  const mark = (title: string) => sheet.pdf.outline.addItem(title);
  mark('Session');
  printCover(sheet, input, timeZone);
  sheet.newPage();
  mark('What happened');
  printSummary(sheet, cases);
  sheet.newPage();
  mark('Statements');
  await printStatements(sheet, cases, input.maxPages ?? defaultMaxPages);
  if ((input.gate?.events.length ?? 0) > 0) sheet.newPage();
  mark('The gate during this session');
  printGateDuring(sheet, input.gate);
  sheet.newPage();
  mark('Appendix: verification');
  printAppendix(sheet, input);
  const { agent, connection, id } = summary;
  return finish(`postern-${id}.pdf`, {
    title: `Session ${id}: ${agent} on ${connection}`,
    kind: 'Postern session report',
    foot: `Made ${utc(input.generatedAt)}, journal head ${input.verification.headHash.slice(0, 16)}\u2026`,
  });
}
