/**
 * Maskers that look at text. Each returns null when the value has not the shape it knows: it is then masked whole.
 * What each may reveal is its contract, and the property tests hold it to that.
 */
export type TextMasker = (value: string) => string | null;

/** Keeps characters at both ends, but never more than half of the value: a shorter one is masked whole. */
export function partial(keepStart: number, keepEnd: number): TextMasker {
  return (value) => {
    const kept = keepStart + keepEnd;
    // A character has at most two code units: of a long value the ends are looked at only, for it may have megabytes.
    const long = value.length >= kept * 4;
    const first = Array.from(long ? value.slice(0, keepStart * 2) : value);
    const last = long ? Array.from(value.slice(Math.max(0, value.length - keepEnd * 2 - 1))) : first;
    if (kept === 0 || (!long && kept * 2 > first.length)) return null;
    return `${first.slice(0, keepStart).join('')}***${last.slice(last.length - keepEnd).join('')}`;
  };
}

/** `z***@***.com`: the first character of a local part of three or more, and a top-level domain of letters. */
export const email: TextMasker = (value) => {
  const match = /^([^\s@]+)@[^\s@]+?(\.[A-Za-z]{2,6})?$/.exec(value.trim());
  if (match === null) return null;
  const local = Array.from(match[1] ?? '');
  return `${local.length >= 3 ? local[0] : ''}***@***${match[2] ?? ''}`;
};

/** `***07`: the last two digits of a number of at least seven. */
export const phone: TextMasker = (value) => {
  const digits = value.replaceAll(/\D/g, '');
  return digits.length >= 7 && /^[\d\s+()./x-]+$/i.test(value) ? `***${digits.slice(-2)}` : null;
};

/** `**** **** **** 1012`: the last four digits of a number of 12 to 19 (ISO/IEC 7812; PCI DSS 3.4 allows them). */
export const card: TextMasker = (value) => {
  const digits = value.replaceAll(/\D/g, '');
  return digits.length >= 12 && digits.length <= 19 && /^[\d\s-]+$/.test(value)
    ? `**** **** **** ${digits.slice(-4)}`
    : null;
};
