import { createHash } from 'node:crypto';
import type { Report } from '../../../contract/index.ts';
import { rule } from './parts.ts';
import type { Sheet } from './sheet.ts';

export interface Furniture {
  /** At the head of each page but the first. */
  readonly title: string;
  readonly kind: string;
  /** At the foot of each page. */
  readonly foot: string;
}

/** Collects the bytes of a PDF; call it before anything is printed, and the result when all is. */
export function finisher(sheet: Sheet): (fileName: string, furniture: Furniture) => Promise<Report> {
  const whole = bytesOf(sheet.pdf);
  return async (fileName, furniture) => {
    const pages = sheet.pages;
    printFurniture(sheet, furniture, pages);
    sheet.pdf.end();
    const pdf = await whole;
    return { fileName, pages, sha256: createHash('sha256').update(pdf).digest('hex'), pdf: pdf.toString('base64') };
  };
}

/** Header and footer, when the number of pages is known. */
function printFurniture(sheet: Sheet, { title, kind, foot }: Furniture, pages: number): void {
  const small = { font: 'sans', size: 7.8, colour: 'muted' } as const;
  const head = sheet.fit(title, 'sans', small.size, sheet.width - 130);
  for (let page = 0; page < pages; page += 1) {
    sheet.pdf.switchToPage(page);
    const right = (text: string, y: number) =>
      sheet.put(text, sheet.left + sheet.width - sheet.widthOf(text, 'sans', small.size), y, small);
    if (page > 0) {
      sheet.put(head, sheet.left, 36, small);
      right(kind, 36);
      sheet.y = 50;
      rule(sheet);
    }
    const y = sheet.pdf.page.height - 42;
    sheet.put(foot, sheet.left, y, small);
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
