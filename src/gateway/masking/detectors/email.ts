import { has, seen } from './byte-classes.ts';
import type { Detector } from './types.ts';

/** RFC 5321 §4.5.3.1: octets of a local part and of a domain. */
const longest = { local: 64, domain: 255 } as const;

/** RFC 2606 and 6761: names that never belong to anybody, for examples and tests. */
const reserved = /(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost|local)$/i;
/** `icon@2x.png` and the like. */
const fileEndings = /\.(?:png|jpe?g|gif|svg|webp|ico|css|js|mjs|json|html?|md|txt|pdf|zip)$/i;
const domainForm = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$/i;

/** An address of RFC 5321, without quoted local parts, whose domain can belong to somebody. */
export const email: Detector = {
  name: 'email',
  kind: 'email',
  confidence: 'high',
  possible: (sighting) =>
    has(sighting, seen.at | seen.dot | seen.lower) || has(sighting, seen.at | seen.dot | seen.upper),
  find({ text }) {
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      const address = addressAround(text, at);
      if (address !== null) return address;
    }
    return null;
  },
};

/** Grows from the `@` to both sides: bounded work for each, whatever stands around it. */
function addressAround(text: string, at: number): string | null {
  let from = at;
  while (from > 0 && at - from < longest.local && isLocal(text.charCodeAt(from - 1))) from -= 1;
  while (from < at && text[from] === '.') from += 1;
  let to = at + 1;
  while (to < text.length && to - at <= longest.domain && isDomain(text.charCodeAt(to))) to += 1;
  while (to > at + 1 && !isAlphanumeric(text.charCodeAt(to - 1))) to -= 1;
  const local = text.slice(from, at);
  const domain = text.slice(at + 1, to);
  if (local === '' || local.includes('..') || !domainForm.test(domain)) return null;
  if (reserved.test(domain) || fileEndings.test(domain)) return null;
  // `git@host:path` names a repository, and what stands before the @ of a URL is a password, which is another detector's.
  if (local === 'git' && text[to] === ':') return null;
  if (/\/\/[^\s/]*$/.test(text.slice(Math.max(0, from - 100), from))) return null;
  return `${local}@${domain}`;
}

const isAlphanumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

/** Letters beyond ASCII count (RFC 6531): in latin1 all of their UTF-8 bytes lie above 0x7f. */
const isLocal = (code: number): boolean =>
  isAlphanumeric(code) || code > 0x7f || "!#$%&'*+-/=?^_`{|}~.".includes(String.fromCharCode(code));
const isDomain = (code: number): boolean => isAlphanumeric(code) || code === 0x2d || code === 0x2e;
