import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError, replaceFile } from '../door/files.ts';

/** Where a list that the gate keeps is written. A host that seals what it keeps hands in its own. */
export interface TextStore {
  /** Named in errors. */
  readonly path: string;
  /** The text as it was last written; null when there is none. */
  read(): string | null;
  /** Returns when the text is on disk; throws when it is not. */
  write(text: string): void;
}

/** A list as a file of its own in the key folder. */
export function textStoreIn(keyFolder: string, name: string): TextStore {
  const path = join(keyFolder, name);
  return {
    path,
    read() {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return null;
        throw error;
      }
    },
    write(text) {
      mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
      replaceFile(path, text, 0o600);
    },
  };
}
