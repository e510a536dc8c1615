/** True when a name fits one of the patterns: `*` stands for any characters, `?` for one; everything else for itself. */
export type NameMatcher = (name: string) => boolean;

/** Compiles patterns once for all names. No pattern can be slow: `*` matches without going back more than one star. */
export function matcherOf(patterns: readonly string[]): NameMatcher {
  const exact = new Set(patterns.filter((pattern) => !/[*?]/.test(pattern)));
  const open = patterns.filter((pattern) => /[*?]/.test(pattern));
  return (name) => exact.has(name) || open.some((pattern) => fits(pattern, name));
}

/** Greedy matching with one point to return to, the last star: linear in practice, length times length at worst. */
export function fits(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (position < name.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      resume = position;
      at += 1;
    } else if (wanted === '?' || wanted === name[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** True when every name that fits `narrow` fits `wide` as well, as far as it can be told; false proves nothing. */
export const covers = (wide: string, narrow: string): boolean =>
  wide === narrow || wide === '*' || (!narrow.includes('*') && !narrow.includes('?') && fits(wide, narrow));
