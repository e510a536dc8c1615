/** A run of readable text, or one character that a reader would not see, with its code point. */
export type VisiblePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hidden'; readonly character: string; readonly label: string };

// Controls, formats (bidi, zero width, tags), private use, lone surrogates, separators that are not the plain space, and
// letters that print nothing (combining grapheme joiner, Hangul fillers, Khmer vowels, variation selectors). Unicode
// Technical Report 36, 2.5 and 3.5. Line feed and tab lay out SQL and stay.
const hidden =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Zs}]|\u034f|\u115f|\u1160|\u17b4|\u17b5|[\u180b-\u180f]|\u3164|\uffa0|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

const names: Readonly<Record<number, string>> = {
  13: 'CR',
  27: 'ESC',
  8: 'BS',
  127: 'DEL',
  160: 'NBSP',
  173: 'SHY',
  8203: 'ZWSP',
  8204: 'ZWNJ',
  8205: 'ZWJ',
  8206: 'LRM',
  8207: 'RLM',
  8234: 'LRE',
  8235: 'RLE',
  8236: 'PDF',
  8237: 'LRO',
  8238: 'RLO',
  8294: 'LRI',
  8295: 'RLI',
  8296: 'FSI',
  8297: 'PDI',
  65279: 'BOM',
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
