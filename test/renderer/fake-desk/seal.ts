import { DeskError, type Handlers, type SealChange, type SealView } from '../../../src/contract/index.ts';

type SealHandlers = Pick<Handlers, Extract<keyof Handlers, `seal.${string}`>>;

export const sealPassphrase = 'correct horse battery';

/** What an agent with a shell might have done to the settings, invisible characters included. */
export const sealChanges: readonly SealChange[] = [
  {
    file: 'settings.json',
    path: 'connections[shop].maskRules[customers-email]',
    kind: 'removed',
    before: '{"id":"customers-email","schema":"public","table":"customers","column":"email","masker":{"kind":"email"}}',
    after: null,
  },
  {
    file: 'settings.json',
    path: 'connections[shop].policy',
    kind: 'changed',
    before: '"production"',
    after: '"observe"',
  },
  {
    file: 'settings.json',
    path: 'connections[shop].upstream.host',
    kind: 'changed',
    before: '"db.shop.internal"',
    after: '"db.shop.internal\u202e.example.net"<b>bold</b>',
  },
  {
    file: 'settings.json',
    path: 'agents[claude].keyHash',
    kind: 'changed',
    before: 'fingerprint 51aa0c9e',
    after: 'fingerprint 0b33d7f1',
  },
  {
    file: 'settings.json',
    path: 'agents[helper]',
    kind: 'added',
    before: null,
    after:
      '{"name":"helper","keyHash":"fingerprint 77ab01cc","connections":["shop","shop-staging"],"createdAt":1764300000000,"revokedAt":null}',
  },
  {
    file: 'keys/known-targets.json',
    path: 'targets.shop.systemIdentifier',
    kind: 'changed',
    before: '"7412345678901234567"',
    after: '"7499999999999999999"',
  },
  {
    file: 'keys/mask-hash.key',
    path: '',
    kind: 'changed',
    before: 'SHA-256 5f0c8a41d3b97e26…',
    after: 'SHA-256 90a1ffb2c3d4e5f6…',
  },
];

const open = (now: number): SealView => ({
  phase: 'open',
  doubt: null,
  subject: '/home/ada/.local/share/postern/settings.json',
  sealedWith: 'passphrase',
  managed: true,
  noKeychain: 'only the desktop app uses it',
  counter: 42,
  sealedAt: now - 86_400_000,
  sealedBy: 'ada',
  changes: [],
  omitted: 0,
  found: 'f0'.repeat(32),
  restorable: false,
  edited: [],
});

const views: Readonly<Record<string, Partial<SealView>>> = {
  none: { sealedWith: null, counter: null, sealedAt: null, sealedBy: null },
  changed: { phase: 'doubted', doubt: 'changed', changes: sealChanges.slice(0, 6), restorable: true },
  removed: {
    phase: 'doubted',
    doubt: 'removed',
    changes: sealChanges.flatMap((change) =>
      change.after === null ? [] : [{ ...change, kind: 'added' as const, before: null }],
    ),
    omitted: 12,
    sealedWith: null,
    counter: null,
    sealedAt: null,
    sealedBy: null,
  },
  locked: { phase: 'locked', counter: null, sealedAt: null, sealedBy: null },
};

/** A seal without files: it stands as named, and opens by a decision with the right passphrase. */
export function fakeSealHandlers(name: string | null, now: number, changed: () => void): SealHandlers {
  let view: SealView = { ...open(now), ...(name === null ? {} : views[name]) };
  const become = (part: Partial<SealView>): SealView => {
    view = { ...view, ...part };
    changed();
    return view;
  };
  const prove = (passphrase: string | null): void => {
    if (passphrase !== sealPassphrase) {
      throw new DeskError(
        'passphrase_wrong',
        'This is not the passphrase of the seal.',
        'Nothing was opened or changed.',
      );
    }
  };
  const opened: Partial<SealView> = { phase: 'open', doubt: null, changes: [], restorable: false };
  return {
    'seal.state': async () => view,
    'seal.unlock': async ({ passphrase }) => {
      prove(passphrase);
      return become(opened);
    },
    'seal.accept': async ({ passphrase }) => {
      if (view.sealedWith === 'passphrase') prove(passphrase);
      return become({ ...opened, sealedWith: 'passphrase', counter: 43, sealedAt: now, sealedBy: 'ada' });
    },
    'seal.restore': async () => become({ ...opened, counter: 43 }),
    'seal.change': async ({ current, next }) => {
      if (view.sealedWith === 'passphrase') prove(current);
      return become({
        sealedWith: next === null ? 'keychain' : 'passphrase',
        counter: 43,
        sealedAt: now,
        sealedBy: 'ada',
      });
    },
    'seal.quit': async () => ({}),
  };
}
