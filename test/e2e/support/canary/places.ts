import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Found } from './canary.ts';

/** All files below a folder with their content; names count as content. What goes away meanwhile is passed over. */
export function* filesBelow(folder: string, skip: (path: string) => boolean = () => false): Generator<Found> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (skip(path)) continue;
    yield { where: `the name ${path}`, bytes: Buffer.from(name) };
    yield* contentOf(path, skip);
  }
}

function* contentOf(path: string, skip: (path: string) => boolean): Generator<Found> {
  try {
    const facts = lstatSync(path);
    if (facts.isDirectory()) yield* filesBelow(path, skip);
    else if (facts.isSymbolicLink()) yield { where: path, bytes: Buffer.from(readlinkSync(path)) };
    else if (facts.isFile() && facts.size < 64 * 1024 * 1024) yield { where: path, bytes: readFileSync(path) };
  } catch (error) {
    if (!gone(error)) throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (gone(error)) return [];
    throw error;
  }
}

/** Other programs on the machine remove their files, and some are theirs alone. */
const gone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EACCES', 'ENXIO'].includes(String(error.code));

/** A PDF as its bytes, as what its compressed parts unpack to, and as the text that is drawn. */
export function pdfPlaces(where: string, pdf: Buffer): Found[] {
  const text = pdf.toString('latin1');
  const parts = [...text.matchAll(/stream\r?\n/g)].flatMap(({ index, 0: mark }) => {
    const begin = index + mark.length;
    try {
      return [inflateSync(pdf.subarray(begin, text.indexOf('endstream', begin)))];
    } catch {
      return []; // not compressed: its bytes are looked at as they are
    }
  });
  const glyphs = parts.flatMap((part) => glyphTable(part.toString('latin1')));
  const drawn = parts.map((part) =>
    [...part.toString('latin1').matchAll(/<([0-9a-f]+)>/gi)].map(([, hex = '']) => hex),
  );
  return [
    { where, bytes: pdf },
    ...parts.map((bytes, at) => ({ where: `${where}, part ${at}`, bytes })),
    // Which font a piece is in does not matter: read with the table of another one it is nonsense, and does no harm.
    ...glyphs.flatMap((table) =>
      drawn.map((pieces) => ({
        where: `the text of ${where}`,
        bytes: Buffer.from(pieces.map(spelled(table)).join('')),
      })),
    ),
  ];
}

/** Characters by number of glyph, from the ToUnicode map of a font as pdfkit writes it. */
function glyphTable(part: string): (readonly string[])[] {
  if (!part.includes('begincmap')) return [];
  const lists = [...part.matchAll(/<[0-9a-f]{4}> <[0-9a-f]{4}> \[([^\]]*)\]/gi)];
  const codes = lists.flatMap(([, list = '']) => [...list.matchAll(/<([0-9a-f]*)>/gi)].map(([, hex = '']) => hex));
  return [codes.map((hex) => Buffer.from(hex, 'hex').swap16().toString('utf16le'))];
}

const spelled =
  (table: readonly string[]) =>
  (hex: string): string =>
    (hex.match(/.{4}/g) ?? []).map((glyph) => table[Number.parseInt(glyph, 16)] ?? '').join('');
