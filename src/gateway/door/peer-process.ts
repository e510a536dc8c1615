import { readdir, readFile, readlink } from 'node:fs/promises';
import { type Connection, findEntry, readTables } from './peer.ts';

/** The program at the other end of a connection of this machine. */
export interface PeerProcess {
  readonly pid: number;
  /** As the system calls it: its file's name, or what it gave itself. 15 bytes at most on Linux. */
  readonly program: string;
}

/** Tells which program a TCP client is, while it is connected; null where that cannot be told. Never rejects. */
export type ProcessFinder = (connection: Connection) => Promise<PeerProcess | null>;

/**
 * Searches in a minute, one at a time: each walks over all open files of this user's programs, which must not become a way to
 * keep the gate busy. Who comes while one runs is not looked for, and neither is who floods the door.
 */
const searchesPerMinute = 20;
/** A search is given up after that, in milliseconds. */
const longestSearchMs = 300;

export interface ProcessFinderOptions {
  readonly platform?: NodeJS.Platform;
  /** Milliseconds that never jump. */
  readonly clock: () => number;
}

/** The process finder of this platform: on Linux by the open files of all programs whose files this process may see. */
export function createProcessFinder({ platform = process.platform, clock }: ProcessFinderOptions): ProcessFinder {
  const recent: number[] = [];
  let searching = false;
  return async (connection) => {
    const now = clock();
    while (recent[0] !== undefined && now - recent[0] >= 60_000) recent.shift();
    if (platform !== 'linux' || searching || recent.length >= searchesPerMinute) return null;
    recent.push(now);
    searching = true;
    try {
      return await search(connection, () => clock() - now > longestSearchMs);
    } catch {
      return null; // it left, or the system does not let us look
    } finally {
      searching = false;
    }
  };
}

async function search(connection: Connection, late: () => boolean): Promise<PeerProcess | null> {
  const inode = findEntry(await readTables(), connection)?.inode;
  if (inode === undefined || inode === '0') return null;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  // The newest first: agents are younger than the system's own programs.
  for (const pid of pids.sort((one, other) => other - one)) {
    if (late()) return null;
    if (!(await holds(pid, `socket:[${inode}]`))) continue;
    return { pid, program: (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() };
  }
  return null;
}

/** False for programs of other users as well: their files are not shown to us. */
async function holds(pid: number, file: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return targets.includes(file);
}
