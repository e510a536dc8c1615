import { knownTargetsFile } from '../../../src/gateway/memory/known-targets.ts';
import { defaultSettings } from '../../../src/main/desk/settings-file.ts';
import { sealedSettings, sealedStores } from '../../../src/main/seal/installation-keeper.ts';
import { placeAt } from './support.ts';

/** Where it is to save. */
export interface SavingOrder {
  readonly folder: string;
}

/** Saves without end in a process of its own, so that a test can kill it. Tells its parent when it has begun. */
process.once('message', async ({ folder }: SavingOrder) => {
  const place = placeAt(folder);
  const { state } = await place.open();
  const [settings, targets] = [sealedSettings(state), sealedStores(state, place.layout)(knownTargetsFile)];
  process.send?.('begun');
  for (let port = 6000; ; port = port === 6999 ? 6000 : port + 1) {
    settings.write(JSON.stringify({ ...defaultSettings, listener: { host: '127.0.0.1', port } }));
    targets.write(JSON.stringify({ version: 1, targets: { [`c${port % 7}`]: { systemIdentifier: `${port}` } } }));
  }
});
