import { createHash } from 'node:crypto';
import type { Report } from '../../../contract/index.ts';
import { printAppendix } from './appendix.ts';
import { statementCases } from './case.ts';
import { printCover } from './cover.ts';
import type { ReportInput } from './input.ts';
import { rule } from './parts.ts';
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
  const whole = bytesOf(sheet.pdf);
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
  sheet.newPage();
  mark('Appendix: verification');
  printAppendix(sheet, input);
  const pages = sheet.pages;
  printFurniture(sheet, input, pages);
  sheet.pdf.end();
  const pdf = await whole;
  return {
    fileName: `postern-${summary.id}.pdf`,
    pages,
    sha256: createHash('sha256').update(pdf).digest('hex'),
    pdf: pdf.toString('base64'),
  };
}

/** Header and footer, when the number of pages is known. */
function printFurniture(sheet: Sheet, { detail, verification, generatedAt }: ReportInput, pages: number): void {
  const small = { font: 'sans', size: 7.8, colour: 'muted' } as const;
  const title = sheet.fit(
    `Session ${detail.summary.id}: ${detail.summary.agent} on ${detail.summary.connection}`,
    'sans',
    7.8,
    sheet.width - 130,
  );
  for (let page = 0; page < pages; page += 1) {
    sheet.pdf.switchToPage(page);
    const right = (text: string, y: number) =>
      sheet.put(text, sheet.left + sheet.width - sheet.widthOf(text, 'sans', small.size), y, small);
    if (page > 0) {
      sheet.put(title, sheet.left, 36, small);
      right('Postern session report', 36);
      sheet.y = 50;
      rule(sheet);
    }
    const y = sheet.pdf.page.height - 42;
    sheet.put(
      `Made ${utc(generatedAt)}, journal head ${verification.headHash.slice(0, 16)}\u2026`,
      sheet.left,
      y,
      small,
    );
    right(`Page ${page + 1} of ${pages}`, y);
  }
}

function bytesOf(pdf: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
    pdf.on('end', () => resolve(Buffer.concat(chunks)));
    pdf.on('error', reject);
  });
}
