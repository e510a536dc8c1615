import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './errors.ts';

const extension = '.journal';
/** `gate-20261128T120000000Z-4711`: names sort by time. */
const nameForm = /^gate-[0-9A-Za-z-]{1,60}$/;

/** Where in the folder of the journals the gate's own are. */
export const gateFolder = (journalFolder: string): string => join(journalFolder, 'gate');

/** The file of a journal of the gate. */
export const gateJournalPath = (folder: string, name: string): string => join(folder, `${name}${extension}`);

/** Names of the gate's journals in a folder, oldest first; none when there is no folder yet. Throws the system's error. */
export function gateJournalNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length))
      .filter((name) => nameForm.test(name))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
