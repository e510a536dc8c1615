import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DeskError, doubtWords, type SealView } from '../../contract/index.ts';
import { dataLayout, makeDataFolder } from '../desk/data-folder.ts';
import { lockFolder } from '../desk/lock.ts';
import { configFault, configLayout } from '../headless/serve.ts';
import { askSecret } from '../headless/terminal.ts';
import { changeLines } from '../seal/change-lines.ts';
import { installationOptions } from '../seal/installation-keeper.ts';
import type { KeeperOptions, SealKeeper } from '../seal/keeper.ts';
import { openKeeper } from '../seal/open-keeper.ts';
import { givenPassphrase } from '../seal/passphrase.ts';
import { configPlace } from '../seal/place.ts';
import { sealRefusal } from '../seal/refusal.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

export interface SealCommand {
  readonly what: 'status' | 'show' | 'accept' | 'restore';
  /** A configuration file; else the settings of the data folder. */
  readonly config: string | undefined;
  readonly passphraseDescriptor: number | null;
}

/** `postern seal`: the operator's decision about a seal at the command line. 0 when it holds at the end, 1 when not. */
export async function sealCommand(command: SealCommand, environment: CommandEnvironment): Promise<ExitCode> {
  const { folder, options } = whatIsSealed(command, environment);
  await makeDataFolder(folder);
  const lock = await lockFolder(folder);
  try {
    const passphrase = givenPassphrase(command.passphraseDescriptor, {
      environment: environment.variables,
      readDescriptor: (descriptor) => readFileSync(descriptor, 'utf8'),
    });
    const ask = (question: string): Promise<string | null> => askSecret(environment.terminal, question);
    const keychain = { missing: 'only the desktop app uses it' };
    // Without a doubt there is nothing to decide: `review` leaves a doubted keeper as it is, for below.
    const keeper = await openKeeper({ keychain, passphrase, ask, review: () => Promise.resolve() }, options);
    try {
      if (keeper.phase === 'locked') throw sealRefusal(keeper, () => 'postern seal');
      return await decide(command, keeper, { passphrase, ask }, environment);
    } finally {
      await keeper.close();
    }
  } finally {
    await lock.release();
  }
}

async function decide(
  { what }: SealCommand,
  keeper: SealKeeper,
  {
    passphrase,
    ask,
  }: { readonly passphrase: string | null; readonly ask: (question: string) => Promise<string | null> },
  { print }: CommandEnvironment,
): Promise<ExitCode> {
  const view = keeper.view();
  if (view.doubt === null && !(what === 'accept' && view.sealedWith === null)) {
    print(`${standing(view)}\n`);
    return view.sealedWith === null ? 1 : 0;
  }
  if (what === 'status') {
    print(`${standing(view)}\n`);
    return 1;
  }
  print(`${[standing(view), ...changeLines(view)].join('\n')}\n`);
  if (what === 'show') return 1;
  const after =
    what === 'restore'
      ? keeper.restore(view.found)
      : await sealWhatIsThere(keeper, view, passphrase ?? (await askTwice(view, ask)));
  print(`${standing(after)}\n`);
  return 0;
}

function sealWhatIsThere(keeper: SealKeeper, view: SealView, passphrase: string | null): Promise<SealView> {
  return view.doubt === null ? keeper.change(null, passphrase) : keeper.accept(view.found, passphrase);
}

/** The passphrase of the seal; a new one, typed twice, where there is no seal with one. */
async function askTwice(
  { sealedWith }: SealView,
  ask: (question: string) => Promise<string | null>,
): Promise<string | null> {
  if (sealedWith === 'passphrase') return ask('Passphrase of the seal: ');
  const first = await ask('A passphrase for the seal (you are asked for it at every start): ');
  if (first === null || first === (await ask('Once more: '))) return first;
  throw new DeskError('passphrase_wrong', 'The two are not the same.', 'Nothing was sealed. Try again.');
}

function standing({ doubt, subject, sealedWith, counter, sealedAt, sealedBy }: SealView): string {
  if (doubt !== null) return doubtWords(doubt, subject);
  if (sealedWith === null || sealedAt === null) return `${subject} is not sealed.`;
  return `${subject} is what was sealed: number ${counter}, ${new Date(sealedAt).toISOString()}, by ${sealedBy}.`;
}

function whatIsSealed(
  { config }: SealCommand,
  { dataFolder, operator }: CommandEnvironment,
): { readonly folder: string; readonly options: Omit<KeeperOptions, 'keychain'> } {
  if (config === undefined)
    return {
      folder: dataFolder,
      options: { ...installationOptions(dataLayout(dataFolder), operator), sealAtOnce: false },
    };
  const path = resolve(config);
  const { folder, layout } = configLayout(path, dataFolder);
  return {
    folder,
    options: {
      place: configPlace(path, layout),
      operator,
      now: Date.now,
      managed: true,
      sealAtOnce: false,
      mayBeUnsealed: () => true,
      fault: configFault(path, layout),
    },
  };
}
