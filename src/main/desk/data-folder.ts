import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DeskError, messageOf } from '../../contract/index.ts';
import { certificateFileName } from '../../gateway/open-door.ts';
import { tokenSocket } from '../sign-in/token-door-protocol.ts';

/**
 * Where an installation keeps its things: `$POSTERN_HOME`, or the platform's usual place for application data
 * (XDG Base Directory specification on Linux).
 */
export function dataFolder(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const chosen = environment.POSTERN_HOME;
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Postern');
  if (platform === 'win32') return join(environment.APPDATA ?? join(home, 'AppData', 'Roaming'), 'Postern');
  const share = environment.XDG_DATA_HOME;
  return join(share?.startsWith('/') ? share : join(home, '.local', 'share'), 'postern');
}

/** The folders and files of one installation. */
export interface DataLayout {
  readonly settings: string;
  /** The seal over settings, known databases and keys, with what was sealed. */
  readonly seal: string;
  /** What the second net found and what of it was dismissed. */
  readonly findings: string;
  readonly journals: string;
  readonly keys: string;
  readonly demo: string;
  /** The certificate that agents verify the gate with: the one file that may be given to others. */
  readonly certificate: string;
  /** Where `postern token` knocks at a running gate; null where the system has no such place. */
  readonly tokenSocket: string | null;
}

export function dataLayout(folder: string, journalFolder?: string): DataLayout {
  return {
    settings: join(folder, 'settings.json'),
    seal: join(folder, 'seal.json'),
    findings: join(folder, 'findings.json'),
    journals: journalFolder ?? join(folder, 'journal'),
    keys: join(folder, 'keys'),
    demo: join(folder, 'demo'),
    certificate: join(folder, certificateFileName),
    tokenSocket: tokenSocket(folder, process.platform),
  };
}

/** Makes a folder that only this user may enter. Throws DeskError `data_folder_unwritable`. */
export async function makeDataFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
}

/** Says what the operator can do about a folder that cannot be made or written. */
export function unwritable(folder: string, error: unknown): DeskError {
  return new DeskError(
    'data_folder_unwritable',
    `The data folder ${folder} cannot be written: ${messageOf(error)}.`,
    'Give this user the right to write there, or choose another folder (`POSTERN_HOME`, or `dataFolder` in the configuration). Nothing was started.',
  );
}
