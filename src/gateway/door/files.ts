import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** True for an error of the system with one of these codes. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * Makes a file that must never be half written nor replaced: written aside, synced, linked into place. When another process
 * was faster its file stays. Throws the system's error.
 */
export function createFileOnce(path: string, text: string, mode: number): void {
  const aside = writeAside(path, text, mode);
  try {
    linkSync(aside, path);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(aside);
  }
  syncFolder(dirname(path));
}

/** Puts a file in the place of another: readers see the old one or the new one, whole. Throws the system's error. */
export function replaceFile(path: string, text: string, mode: number): void {
  stageFile(path, text, mode).commit();
}

/** A file that is on disk beside its place, synced, and takes it at `commit`. */
export interface StagedFile {
  /** Throws the system's error; nothing of the staged file is left then. */
  commit(): void;
  /** Takes it away again. */
  discard(): void;
}

/** Writes a file aside, so that a full disk is noticed before anything is changed. Throws the system's error. */
export function stageFile(path: string, text: string, mode: number): StagedFile {
  const aside = writeAside(path, text, mode);
  return {
    commit() {
      try {
        renameSync(aside, path);
      } catch (error) {
        unlinkSync(aside);
        throw error;
      }
      syncFolder(dirname(path));
    },
    discard: () => unlinkSync(aside),
  };
}

/** Removes what a process that died left beside a file; for whoever alone writes it. Throws the system's error. */
export function removeAsides(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [start, end] = [name.slice(0, -12), name.slice(-12)];
    if (start === `${basename(path)}.` && /^[0-9a-f]{12}$/.test(end)) unlinkSync(join(folder, name));
  }
}

function writeAside(path: string, text: string, mode: number): string {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(aside, 'wx', mode);
  try {
    fchmodSync(file, mode);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    unlinkSync(aside);
    throw error;
  }
  closeSync(file);
  return aside;
}

/** A new name survives a power loss only when its folder is synced too. Windows opens no folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
