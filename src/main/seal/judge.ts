import type { SealDoubt } from '../../contract/index.ts';
import type { Found } from './place.ts';
import { digestOf, type SealBody } from './seal-file.ts';

/** Whether what lies there is what was sealed. */
export type SealVerdict =
  | {
      readonly sound: true;
      /** Files that a cut-off save left in their state before it; the seal has the new one. */
      readonly unfinished: readonly string[];
    }
  | { readonly sound: false; readonly doubt: Extract<SealDoubt, 'changed' | 'rolled_back'> };

/**
 * Judges what was found by a seal that is known to be ours. A save writes the seal first and the file after it; what a crash in
 * between leaves is the text from before that save, which is no change from outside: the seal is carried out instead.
 * `highest` is the highest counter that the gate's journals know for this seal, 0 for none.
 */
export function judgeSeal(body: SealBody, found: Found, highest: number): SealVerdict {
  const names = [...new Set([...Object.keys(found.texts), ...Object.keys(body.texts)])];
  // A seal of an earlier version may not know a file yet: then there was none.
  const differing = names.filter((name) => (found.texts[name] ?? null) !== (body.texts[name] ?? null));
  const unfinished = differing.filter(
    (name) => name in body.before && digestOf(found.texts[name] ?? null) === body.before[name],
  );
  const secrets = [...new Set([...Object.keys(found.digests), ...Object.keys(body.digests)])];
  const changed = secrets.some((name) => (found.digests[name] ?? null) !== (body.digests[name] ?? null));
  if (changed || unfinished.length < differing.length) return { sound: false, doubt: 'changed' };
  if (body.counter < highest) return { sound: false, doubt: 'rolled_back' };
  return { sound: true, unfinished };
}
