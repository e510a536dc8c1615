import { existsSync } from 'node:fs';
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import { terminalSafe, visibleEscape } from '../terminal-text.ts';

/** Colours of the report: ink on white, readable when printed in grey. */
export const colours = {
  ink: '#18202b',
  muted: '#5a6572',
  line: '#d5dae1',
  wash: '#f4f6f8',
  accent: '#1d4f73',
  green: '#1a7145',
  amber: '#9a5b00',
  red: '#a8231b',
  purple: '#6a3d8f',
} as const;
export type Colour = keyof typeof colours;

export type FontName = 'sans' | 'bold' | 'mono';
const fontFiles: Record<FontName, string> = {
  sans: 'DejaVuSansCondensed.ttf',
  bold: 'DejaVuSansCondensed-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
};

/** Points. A4 with room for a header and a footer line. */
const margins = { top: 76, bottom: 64, left: 56, right: 56 };
/** Advance width of every DejaVu Sans Mono glyph over the font size (1233 of 2048 units). */
const monoAdvance = 1233 / 2048;

interface TextLook {
  readonly font?: FontName;
  readonly size?: number;
  readonly colour?: Colour;
  /** Points from the left margin. */
  readonly indent?: number;
  readonly gapAfter?: number;
}

interface GlyphFont {
  readonly _font: { readonly font: { hasGlyphForCodePoint(code: number): boolean } };
}

/** A PDF being written from top to bottom: it breaks pages by itself and writes out what its fonts cannot show. */
export class Sheet {
  readonly pdf: PDFKit.PDFDocument;
  readonly left = margins.left;
  readonly width: number;
  y = margins.top;
  readonly #glyphs = new Map<FontName, Map<number, boolean>>();

  constructor(
    fontsFolder: string,
    info: { readonly title: string; readonly author: string; readonly createdAt: Date },
  ) {
    this.pdf = new PDFDocument({
      size: 'A4',
      margins: { top: 0, bottom: 0, left: 0, right: 0 },
      autoFirstPage: false,
      bufferPages: true,
      pdfVersion: '1.7',
      lang: 'en',
      displayTitle: true,
      info: {
        Title: info.title,
        Author: info.author,
        Creator: 'Postern',
        CreationDate: info.createdAt,
        ModDate: info.createdAt,
      },
    });
    for (const [name, file] of Object.entries(fontFiles)) this.pdf.registerFont(name, fontPath(fontsFolder, file));
    this.pdf.addPage();
    this.width = this.pdf.page.width - margins.left - margins.right;
  }

  get pages(): number {
    return this.pdf.bufferedPageRange().count;
  }

  get bottom(): number {
    return this.pdf.page.height - margins.bottom;
  }

  newPage(): void {
    this.pdf.addPage();
    this.y = margins.top;
  }

  /** Starts a page when less than `height` points are left. */
  ensure(height: number): void {
    if (this.y + height > this.bottom) this.newPage();
  }

  space(points: number): void {
    this.y += points;
  }

  /** A paragraph of plain text, wrapped and carried over pages line by line. */
  text(text: string, look: TextLook = {}): void {
    const { font = 'sans', size = 9.5, colour = 'ink', indent = 0, gapAfter = 4 } = look;
    const lineHeight = size * 1.42;
    for (const line of this.wrap(text, font, size, this.width - indent)) {
      this.ensure(lineHeight);
      this.put(line, this.left + indent, this.y, { font, size, colour });
      this.y += lineHeight;
    }
    this.y += gapAfter;
  }

  /** One line at a place, without wrapping. The text must be printable already. */
  put(text: string, x: number, y: number, look: { font: FontName; size: number; colour: Colour | '#ffffff' }): void {
    this.pdf.font(look.font).fontSize(look.size);
    this.pdf
      .fillColor(look.colour === '#ffffff' ? look.colour : colours[look.colour])
      .text(text, x, y, { lineBreak: false });
  }

  widthOf(text: string, font: FontName, size: number): number {
    if (font === 'mono') return [...text].length * monoAdvance * size;
    return this.pdf.font(font).fontSize(size).widthOfString(text);
  }

  /** Lines of printable text no wider than `width`: broken at spaces where possible, within words where not. */
  wrap(text: string, font: FontName, size: number, width: number): string[] {
    return text.split(/\r?\n/).flatMap((line) => this.#wrapLine(this.printable(line, font), font, size, width));
  }

  /** The printable text cut to `width` points, with `…` for the rest. */
  fit(text: string, font: FontName, size: number, width: number): string {
    const whole = this.printable(text.slice(0, 400), font);
    if (this.widthOf(whole, font, size) <= width) return whole;
    const characters = [...whole];
    let low = 0;
    let high = characters.length;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.widthOf(`${characters.slice(0, middle).join('')}\u2026`, font, size) <= width) low = middle;
      else high = middle - 1;
    }
    return `${characters.slice(0, low).join('')}\u2026`;
  }

  /** The text with controls, format characters and whatever the font has no glyph for written out as `\u…`. */
  printable(text: string, font: FontName): string {
    let printable = '';
    for (const character of terminalSafe(text.replaceAll('\t', '    '))) {
      printable += this.#hasGlyph(character, font) ? character : visibleEscape(character);
    }
    return printable;
  }

  #hasGlyph(character: string, font: FontName): boolean {
    if (character >= ' ' && character <= '~') return true;
    const code = character.codePointAt(0) ?? 0;
    const known = this.#glyphs.get(font) ?? new Map<number, boolean>();
    this.#glyphs.set(font, known);
    const answer = known.get(code);
    if (answer !== undefined) return answer;
    // pdfkit has no public way to ask; without it a missing glyph is an empty box, and the evidence is lost.
    const has = (this.pdf.font(font) as unknown as GlyphFont)._font.font.hasGlyphForCodePoint(code);
    known.set(code, has);
    return has;
  }

  #wrapLine(line: string, font: FontName, size: number, width: number): string[] {
    const lines: string[] = [];
    let current = '';
    for (const word of line.match(/\s+|[^\s]+/g) ?? ['']) {
      if (this.widthOf(current + word, font, size) <= width) {
        current += word;
        continue;
      }
      if (current.trim() !== '') lines.push(current.trimEnd());
      current = word.trim() === '' ? '' : word;
      while (this.widthOf(current, font, size) > width) {
        const head = this.#headOf(current, font, size, width);
        lines.push(head);
        current = current.slice(head.length);
      }
    }
    lines.push(current.trimEnd());
    return lines;
  }

  /** As many characters of a long word as fit, at least one. */
  #headOf(word: string, font: FontName, size: number, width: number): string {
    let head = '';
    for (const character of word) {
      if (head !== '' && this.widthOf(head + character, font, size) > width) break;
      head += character;
    }
    return head;
  }
}

function fontPath(folder: string, file: string): string {
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error(`The report's font ${path} is missing; reinstall Postern.`);
  return path;
}
