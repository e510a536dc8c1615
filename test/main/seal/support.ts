import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { type DataLayout, dataLayout } from '../../../src/main/desk/data-folder.ts';
import { installationOptions } from '../../../src/main/seal/installation-keeper.ts';
import { type KeeperOptions, SealKeeper } from '../../../src/main/seal/keeper.ts';
import type { Keychain } from '../../../src/main/seal/sealing-key.ts';

export const passphrase = 'correct horse battery';

export interface Place {
  readonly layout: DataLayout;
  /** Opens the keeper as a start of Postern does. */
  open(given?: string | null, overrides?: Partial<KeeperOptions>): Promise<SealKeeper>;
  /** What the gate's journals say of the seal, in order. */
  records(): Omit<Extract<RecordBody, { type: 'seal' }>, 'type' | 'seal'>[];
}

/** A data folder of its own; keys are cheap to derive there. */
export async function aPlace(): Promise<Place> {
  return placeAt(await mkdtemp(join(tmpdir(), 'postern-seal-')));
}

/** The same in a folder that is there. */
export function placeAt(folder: string): Place {
  const layout = dataLayout(folder);
  return {
    layout,
    open: (given = passphrase, overrides = {}) =>
      SealKeeper.open(
        {
          ...installationOptions(layout, 'ada'),
          keychain: { missing: 'none in tests' },
          scryptN: 2 ** 10,
          ...overrides,
        },
        given,
      ),
    records() {
      const folder = join(layout.journals, 'gate');
      const names = existsSync(folder) ? readdirSync(folder).sort() : [];
      return names.flatMap((name) =>
        [...readJournal(join(folder, name))].flatMap(({ body }) => {
          if (body.type !== 'seal') return [];
          const { type: _type, seal: _seal, ...record } = body;
          return [record];
        }),
      );
    },
  };
}

/** A keychain in memory; `forget` loses what it holds. */
export function fakeKeychain(): Keychain & { forget(): void } {
  const held = new Map<string, string>();
  return {
    async wrap(secret) {
      const handle = Buffer.from(`handle-${held.size}`).toString('base64');
      held.set(handle, secret);
      return handle;
    },
    async unwrap(wrapped) {
      const secret = held.get(wrapped);
      if (secret === undefined) throw new Error('the keychain has no such thing');
      return secret;
    },
    forget: () => held.clear(),
  };
}
