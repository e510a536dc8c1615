// Text of agents and databases is data: shown to a person, it must not move the cursor, hide or reorder anything.

/** Controls (C0, DEL, C1), format characters (bidi, zero-width, tags …), line separators, lone surrogates, blank fillers. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;

/** How a character that must not reach a screen is written there: `\x1b`, `\u202e`, `\u{e0041}`. */
export function visibleEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The text with every unsafe character written out. Nothing in the result is interpreted by a terminal; line feeds are written out, too. */
export function terminalSafe(text: string): string {
  return text.replace(unsafe, visibleEscape);
}

/** As `terminalSafe`, cut at line breaks (LF, CR LF); tabs become four spaces. */
export function terminalSafeLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => terminalSafe(line.replaceAll('\t', '    ')));
}

const zeroWidth = /^[\p{Mn}\p{Me}]$/u;
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

function characterWidth(character: string): number {
  if (character <= '~') return 1;
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Terminal cells that a safe text takes (Unicode East Asian Width: wide characters take two, combining marks none). */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text cut to so many cells, with `…` for what is missing. */
export function fitToWidth(text: string, width: number): string {
  if (text.length <= width && displayWidth(text) <= width) return text;
  let fitted = '';
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    fitted += character;
  }
  return `${fitted}\u2026`;
}
