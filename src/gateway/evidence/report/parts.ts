import { type Colour, colours, type FontName, type Sheet } from './sheet.ts';

/** A section's title with a rule under it. */
export function heading(sheet: Sheet, text: string): void {
  sheet.ensure(70);
  sheet.put(text, sheet.left, sheet.y, { font: 'bold', size: 15, colour: 'accent' });
  sheet.y += 24;
  rule(sheet, 'accent');
  sheet.y += 10;
}

export function subheading(sheet: Sheet, text: string): void {
  sheet.ensure(50);
  sheet.y += 6;
  sheet.put(text, sheet.left, sheet.y, { font: 'bold', size: 10.5, colour: 'ink' });
  sheet.y += 18;
}

export function rule(sheet: Sheet, colour: Colour = 'line', thickness = 0.7): void {
  sheet.pdf.lineWidth(thickness).strokeColor(colours[colour]);
  sheet.pdf
    .moveTo(sheet.left, sheet.y)
    .lineTo(sheet.left + sheet.width, sheet.y)
    .stroke();
}

/** A filled word; returns its width in points. */
export function chip(sheet: Sheet, text: string, x: number, y: number, colour: Colour): number {
  const size = 7.5;
  const width = sheet.widthOf(text, 'bold', size) + 12;
  sheet.pdf.roundedRect(x, y, width, 14, 3).fill(colours[colour]);
  sheet.put(text, x + 6, y + 2.6, { font: 'bold', size, colour: '#ffffff' });
  return width;
}

/** Label on the left, value (wrapped) on the right, row by row. */
export function facts(sheet: Sheet, rows: readonly (readonly [string, string, FontName?])[], labelWidth = 118): void {
  for (const [label, value, font = 'sans'] of rows) {
    const size = font === 'mono' ? 8.2 : 9.5;
    const lines = sheet.wrap(value === '' ? '\u2013' : value, font, size, sheet.width - labelWidth);
    for (const [index, line] of lines.entries()) {
      sheet.ensure(14);
      if (index === 0) sheet.put(label, sheet.left, sheet.y, { font: 'sans', size: 9.5, colour: 'muted' });
      sheet.put(line, sheet.left + labelWidth, sheet.y + (font === 'mono' ? 1 : 0), { font, size, colour: 'ink' });
      sheet.y += 14;
    }
    sheet.y += 1.5;
  }
}

/** A block of exact text on a grey ground, with a stripe at its side; it goes on over pages. */
export function codeBlock(sheet: Sheet, text: string, stripe: Colour): void {
  const size = 8.2;
  const lineHeight = 11.6;
  for (const line of sheet.wrap(text, 'mono', size, sheet.width - 18)) {
    sheet.ensure(lineHeight);
    sheet.pdf.rect(sheet.left, sheet.y, sheet.width, lineHeight + 0.3).fill(colours.wash);
    sheet.pdf.rect(sheet.left, sheet.y, 2.4, lineHeight + 0.3).fill(colours[stripe]);
    sheet.put(line, sheet.left + 10, sheet.y + 1.5, { font: 'mono', size, colour: 'ink' });
    sheet.y += lineHeight;
  }
  sheet.y += 6;
}

export interface Column {
  readonly head: string;
  /** Share of the width. */
  readonly share: number;
  readonly font?: FontName;
  readonly colour?: Colour;
}

/** A table whose cells take up to `maxLines` lines and are cut beyond; its head is repeated on each page. */
export function table(
  sheet: Sheet,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxLines = 1,
): void {
  const shares = columns.reduce((sum, { share }) => sum + share, 0);
  const widths = columns.map(({ share }) => (sheet.width * share) / shares);
  const head = columns.map(({ head }) => head);
  sheet.ensure(36);
  drawRow(sheet, columns, widths, head, { lines: 1, head: true });
  for (const row of rows) {
    const page = sheet.pages;
    sheet.ensure(5 + maxLines * cellLineHeight);
    if (sheet.pages !== page) drawRow(sheet, columns, widths, head, { lines: 1, head: true });
    drawRow(sheet, columns, widths, row, { lines: maxLines, head: false });
  }
  sheet.y += 8;
}

const cellLineHeight = 10.6;

function drawRow(
  sheet: Sheet,
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly string[],
  look: { readonly lines: number; readonly head: boolean },
): void {
  let x = sheet.left;
  let tallest = 1;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    const font = look.head ? 'bold' : (column.font ?? 'sans');
    const size = font === 'mono' ? 7.6 : 8.4;
    const lines = cellLines(sheet, cells[index] ?? '', font, size, width - 8, look.lines);
    for (const [at, line] of lines.entries()) {
      const colour = look.head ? 'muted' : (column.colour ?? 'ink');
      sheet.put(line, x + 2, sheet.y + 3 + at * cellLineHeight, { font, size, colour });
    }
    tallest = Math.max(tallest, lines.length);
    x += width;
  }
  sheet.y += 4.4 + tallest * cellLineHeight;
  rule(sheet, 'line', look.head ? 0.9 : 0.4);
}

function cellLines(sheet: Sheet, text: string, font: FontName, size: number, width: number, max: number): string[] {
  if (max === 1) return [sheet.fit(text.replace(/\s+/g, ' '), font, size, width)];
  const lines = sheet.wrap(text.slice(0, 600), font, size, width);
  return lines.length <= max
    ? lines
    : [...lines.slice(0, max - 1), sheet.fit(lines.slice(max - 1).join(' '), font, size, width)];
}
