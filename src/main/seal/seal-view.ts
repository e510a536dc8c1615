import type { SealView } from '../../contract/index.ts';
import { sealChanges } from './changes.ts';
import type { Found, SealPlace } from './place.ts';
import type { SealBody } from './seal-file.ts';
import type { Keychain, WrappedKey } from './sealing-key.ts';

/** Changes that are shown at once. */
const shownChanges = 500;

/** How a seal stands, as the operator sees it. The difference is worked out only while there is a doubt. */
export function sealView(facts: {
  readonly phase: SealView['phase'];
  readonly doubt: SealView['doubt'];
  readonly wrapped: WrappedKey | null;
  /** What was sealed, when it is known. */
  readonly body: SealBody | null;
  readonly found: Found;
  readonly edited: readonly string[];
  readonly place: SealPlace;
  readonly options: { readonly keychain: Keychain | { readonly missing: string }; readonly managed: boolean };
}): SealView {
  const { phase, doubt, wrapped, body, found, edited, place, options } = facts;
  const changes = doubt === null ? [] : sealChanges(body, found);
  return {
    phase,
    doubt,
    subject: place.texts[place.subject] ?? place.subject,
    sealedWith: wrapped?.kind ?? null,
    managed: options.managed,
    noKeychain: 'missing' in options.keychain ? options.keychain.missing : null,
    counter: body?.counter ?? null,
    sealedAt: body?.sealedAt ?? null,
    sealedBy: body?.sealedBy ?? null,
    changes: changes.slice(0, shownChanges),
    omitted: Math.max(0, changes.length - shownChanges),
    found: found.digest,
    restorable: doubt !== null && body !== null && secretsHold(body, found),
    edited: [...edited],
  };
}

/** Whether the key files are what was sealed: only their digests were, so they cannot be put back. */
export function secretsHold({ digests }: SealBody, found: Found): boolean {
  return Object.entries(digests).every(([name, digest]) => found.digests[name] === digest);
}
