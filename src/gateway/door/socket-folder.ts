import { chmodSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { isSystemError } from './files.ts';
import { socketPath } from './host.ts';
import { DoorError } from './types.ts';

/** Bytes of a path in `sockaddr_un`, its terminating zero included: 108 on Linux, 104 on macOS and the BSDs. */
const pathLimit = process.platform === 'linux' ? 108 : 104;
/** A lock this young may belong to a gate that is just about to listen. Milliseconds. */
const youngLockMs = 10_000;

/** A place for a Unix socket that nobody else can use, taken for this process. */
export interface SocketPlace {
  readonly path: string;
  /** Removes the socket file and the lock beside it. */
  release(): void;
}

/**
 * Takes `<folder>/.s.PGSQL.<port>`, where libpq looks for it. The folder is made with mode 0700; an existing one has to be a
 * real folder of this user that nobody else may enter, since its mode is all that keeps other users out. What a dead
 * process left is removed. Throws DoorError `socket_folder_unsafe`, `port_in_use` or `listen_failed`.
 */
export async function takeSocketPlace(folder: string, port: number): Promise<SocketPlace> {
  const path = socketPath(folder, port);
  if (Buffer.byteLength(path) >= pathLimit) {
    throw new DoorError(
      'listen_failed',
      `The path of the Unix socket, ${path}, is longer than the ${pathLimit - 1} bytes that the system allows.`,
      'Choose a folder with a shorter path, such as one in $XDG_RUNTIME_DIR.',
    );
  }
  try {
    makePrivateFolder(folder);
    const lock = await takeLock(path);
    const release = (): void => {
      rmSync(path, { force: true });
      rmSync(lock, { force: true });
    };
    rmSync(path, { force: true });
    return { path, release };
  } catch (error) {
    if (error instanceof DoorError) throw error;
    throw new DoorError(
      'listen_failed',
      `The Unix socket ${path} cannot be made: ${messageOf(error)}.`,
      'Check that this user may write in its folder.',
      { cause: error },
    );
  }
}

function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const own = process.getuid?.();
  if (!found.isDirectory()) throw unsafe(folder, 'it is a link or a file, not a folder');
  if (own !== undefined && found.uid !== own) throw unsafe(folder, 'it belongs to another user');
  if ((found.mode & 0o077) !== 0) throw unsafe(folder, 'other users may enter it');
  for (let parent = dirname(realpathSync(folder)); ; parent = dirname(parent)) {
    const { mode, uid } = statSync(parent);
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
      throw unsafe(folder, `every user may rename what is in ${parent}, and so put another folder in its place`);
    }
    if (own !== undefined && uid !== own && uid !== 0) throw unsafe(folder, `${parent} belongs to another user`);
    if (dirname(parent) === parent) return;
  }
}

function unsafe(folder: string, why: string): DoorError {
  return new DoorError(
    'socket_folder_unsafe',
    `The folder ${folder} is no safe place for a Unix socket: ${why}.`,
    'Choose a folder of your own with mode 0700; Postern makes one that does not exist. Nothing was changed there.',
  );
}

/** The lock file that PostgreSQL puts beside its sockets, with the process id in its first line. */
async function takeLock(path: string): Promise<string> {
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
      // Without a lock somebody may still listen: PostgreSQL with another lock file, or a gate whose lock was removed.
      if (!(await answers(path))) return lock;
      rmSync(lock, { force: true });
      throw inUse(path, null);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
    const holder = Number.parseInt(readIfThere(lock), 10);
    if ((await answers(path)) || (isAlive(holder) && ageMs(lock) < youngLockMs)) throw inUse(path, holder);
    rmSync(lock, { force: true });
  }
  throw inUse(path, null);
}

function inUse(path: string, holder: number | null): DoorError {
  return new DoorError(
    'port_in_use',
    `Another program listens on the Unix socket ${path}${holder === null ? '' : ` (process ${holder})`}.`,
    'Stop it, or choose another folder or port for this listener.',
  );
}

/** Whether somebody accepts connections there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answer: boolean): void => {
      probe.destroy();
      resolve(answer);
    };
    probe.once('connect', () => done(true));
    // A full backlog (EAGAIN) and a socket that is not ours to open (EACCES) are somebody's.
    probe.once('error', (error) => done(!isSystemError(error, 'ECONNREFUSED', 'ENOENT', 'ENOTSOCK')));
  });
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}

function ageMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? Number.POSITIVE_INFINITY : Date.now() - found.mtimeMs;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}

/** The socket file itself is for this user only, whatever the umask was. */
export function makePrivate(path: string): void {
  chmodSync(path, 0o600);
}
