import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeskError } from '../../contract/index.ts';
import { unwritable } from './data-folder.ts';

/** Proof that this process alone works in a data folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/** What a lock needs to know of processes. */
export interface ProcessTable {
  readonly pid: number;
  /** True when a process with this id runs, whoever owns it. */
  alive(pid: number): boolean;
}

export const systemProcesses: ProcessTable = {
  pid: process.pid,
  alive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
};

/**
 * Takes the data folder for this process: two gates must not write one settings file or sign one set of journals.
 * A lock whose process is gone is taken over. Throws DeskError `already_running` or `data_folder_unwritable`.
 */
export async function lockFolder(folder: string, processes: ProcessTable = systemProcesses): Promise<FolderLock> {
  const path = join(folder, 'postern.lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, `${processes.pid}\n`, { flag: 'wx', mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(folder, error);
    }
    const holder = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
    if (holder > 0 && holder !== processes.pid && processes.alive(holder)) throw taken(folder, path, holder);
    await rm(path, { force: true });
  }
  throw taken(folder, path, null);
}

function taken(folder: string, path: string, holder: number | null): DeskError {
  return new DeskError(
    'already_running',
    `Postern already runs with the data folder ${folder}${holder === null ? '' : ` (process ${holder})`}.`,
    `Use that one, or choose another folder with POSTERN_HOME. If no Postern is running, remove ${path}.`,
  );
}
