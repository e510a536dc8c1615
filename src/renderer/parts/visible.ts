/** A run of readable text, or one character that a reader would not see, with its code point. */
export type VisiblePart = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'hidden'; readonly character: string; readonly label: string };

// Controls, formats (bidi, zero width, tags), private use, lone surrogates, separators that are not the plain space, and
// letters that print nothing (combining grapheme joiner, Hangul fillers, Khmer vowels, variation selectors). Unicode
// Technical Report 36, 2.5 and 3.5. Line feed and tab lay out SQL and stay.
const hidden =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]|[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

const names: Readonly<Record<number, string>> = {
  0x0d: 'CR',
  0x1b: 'ESC',
  0x08: 'BS',
  0x7f: 'DEL',
  0xa0: 'NBSP',
  0xad: 'SHY',
  0x200b: 'ZWSP',
  0x200c: 'ZWNJ',
  0x200d: 'ZWJ',
  0x200e: 'LRM',
  0x200f: 'RLM',
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM',
};

/** What stands on screen in place of a character that has no sight of its own: `RLO U+202E`. */
export function hiddenLabel(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = names[code];
  return name === undefined ? point : `${name} ${point}`;
}

/** Splits text so that nothing in it can hide from the reader. A CR right before a line feed is part of the line break. */
export function visibleParts(text: string): VisiblePart[] {
  const parts: VisiblePart[] = [];
  let from = 0;
  for (const match of text.matchAll(hidden)) {
    const character = match[0];
    if (character === '\r' && text[match.index + 1] === '\n') continue;
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) });
    parts.push({ kind: 'hidden', character, label: hiddenLabel(character) });
    from = match.index + character.length;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}

/** How many characters of a text would not be seen. */
export function hiddenCount(text: string): number {
  return visibleParts(text).filter((part) => part.kind === 'hidden').length;
}
