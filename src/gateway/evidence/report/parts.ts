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

/** A table of one-line cells, cut to fit, its head repeated on each page. */
export function table(sheet: Sheet, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  const shares = columns.reduce((sum, { share }) => sum + share, 0);
  const widths = columns.map(({ share }) => (sheet.width * share) / shares);
  const draw = (cells: readonly string[], head: boolean): void => {
    let x = sheet.left;
    for (const [index, column] of columns.entries()) {
      const width = widths[index] ?? 0;
      const font = head ? 'bold' : (column.font ?? 'sans');
      const size = font === 'mono' ? 7.6 : 8.4;
      const text = sheet.fit(cells[index] ?? '', font, size, width - 8);
      sheet.put(text, x + 2, sheet.y + 3, { font, size, colour: head ? 'muted' : (column.colour ?? 'ink') });
      x += width;
    }
    sheet.y += 15;
    rule(sheet, 'line', head ? 0.9 : 0.4);
  };
  const heads = columns.map(({ head }) => head);
  sheet.ensure(32);
  draw(heads, true);
  for (const row of rows) {
    const page = sheet.pages;
    sheet.ensure(16);
    if (sheet.pages !== page) draw(heads, true);
    draw(row, false);
  }
  sheet.y += 8;
}
