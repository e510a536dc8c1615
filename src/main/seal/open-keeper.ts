import { DeskError } from '../../contract/index.ts';
import { type KeeperOptions, SealKeeper } from './keeper.ts';

/** Wrong passphrases that a terminal may give before it is over. */
const attempts = 3;

/** How a host gets at the sealing key, and at the operator. */
export interface SealHost extends Pick<KeeperOptions, 'keychain'> {
  /** The passphrase that came with the start (environment, file descriptor). */
  readonly passphrase: string | null;
  /** Asks at the terminal; null where nobody can type, or nothing was typed. */
  readonly ask: (question: string) => Promise<string | null>;
  /** Has the operator decide; resolves when the keeper is open, rejects when it is not to be. */
  readonly review: (keeper: SealKeeper) => Promise<void>;
}

/** Opens a keeper with the operator's help. Rejects with DeskError, and what was opened is closed. */
export async function openKeeper(host: SealHost, options: Omit<KeeperOptions, 'keychain'>): Promise<SealKeeper> {
  const keeper = await SealKeeper.open({ ...options, keychain: host.keychain }, host.passphrase);
  try {
    if (keeper.phase === 'locked') await unlockAtTerminal(keeper, host);
    if (keeper.phase !== 'open') await host.review(keeper);
    return keeper;
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

async function unlockAtTerminal(keeper: SealKeeper, { ask }: SealHost): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(attempt === 1 ? 'Passphrase of the seal: ' : 'That was not it. Passphrase of the seal: ');
    if (answer === null || answer === '') return;
    try {
      await keeper.unlock(answer);
      return;
    } catch (error) {
      if (attempt === attempts || !(error instanceof DeskError && error.code === 'passphrase_wrong')) throw error;
    }
  }
}
