import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { authorityKeyFile, ensureAuthorityKey } from '../../gateway/door/authority.ts';
import { isSystemError } from '../../gateway/door/files.ts';
import { DoorError } from '../../gateway/door/types.ts';
import { JournalError } from '../../gateway/journal/errors.ts';
import { loadOrCreateSigner, publicKeyFile, signingKeyFile } from '../../gateway/journal/signer.ts';
import { copiedColumnsFile } from '../../gateway/memory/copied-columns.ts';
import { coveredColumnsFile } from '../../gateway/memory/covered-columns.ts';
import { foundColumnsFile } from '../../gateway/memory/found-columns.ts';
import { hashKeyFile, loadOrCreateHashKey } from '../../gateway/memory/hash-key.ts';
import { knownTargetsFile } from '../../gateway/memory/known-targets.ts';
import { GatewayError } from '../../gateway/types.ts';
import type { DataLayout } from '../desk/data-folder.ts';
import { digestOf } from './seal-file.ts';

/** What a seal is over, and where it lies. */
export interface SealPlace {
  readonly sealPath: string;
  /** Name of the file that people think of when they say what is sealed. */
  readonly subject: string;
  /** Files whose text is sealed: paths by name. */
  readonly texts: Readonly<Record<string, string>>;
  /** Files that hold secrets, sealed by their digest. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly keyFolder: string;
  readonly journalFolder: string;
}

/** Name of the settings among the texts. */
export const settingsName = 'settings.json';

/** An installation: its settings, its known databases, its keys. */
export function installationPlace(layout: DataLayout): SealPlace {
  return place(layout, settingsName, layout.settings, layout.seal);
}

/** A configuration file with a seal beside it, and the known databases and keys of its data folder. */
export function configPlace(configPath: string, layout: DataLayout): SealPlace {
  return place(layout, basename(configPath), configPath, `${configPath}.seal`);
}

function place(layout: DataLayout, subject: string, path: string, sealPath: string): SealPlace {
  const inKeys = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [`keys/${name}`, join(layout.keys, name)]));
  return {
    sealPath,
    subject,
    texts: { [subject]: path, ...inKeys(knownTargetsFile, copiedColumnsFile, coveredColumnsFile, foundColumnsFile) },
    secrets: inKeys(signingKeyFile, publicKeyFile, hashKeyFile, authorityKeyFile),
    keyFolder: layout.keys,
    journalFolder: layout.journals,
  };
}

/** What lies there. */
export interface Found {
  readonly texts: Readonly<Record<string, string | null>>;
  readonly digests: Readonly<Record<string, string | null>>;
  /** Over all of it. */
  readonly digest: string;
}

/** Reads everything that is sealed, or would be. Throws the system's error. */
export function readFound({ texts: textPaths, secrets }: SealPlace): Found {
  const texts = mapValues(textPaths, (path) => readIfThere(path)?.toString('utf8') ?? null);
  const digests = mapValues(secrets, (path) => digestOf(readIfThere(path)));
  return { texts, digests, digest: digestOfState(texts, digests) };
}

/** One digest for texts and digests together. */
export function digestOfState(
  texts: Readonly<Record<string, string | null>>,
  digests: Readonly<Record<string, string | null>>,
): string {
  const lines = { ...mapValues(texts, digestOf), ...digests };
  const sorted = Object.entries(lines).sort(([one], [other]) => (one < other ? -1 : 1));
  return digestOf(JSON.stringify(sorted)) ?? '';
}

/**
 * Makes the keys that are not there yet, so that a seal is over all of them from the start. Throws GatewayError
 * `keys_unwritable` or `authority_unusable`.
 */
export function ensureKeys({ keyFolder }: Pick<SealPlace, 'keyFolder'>): void {
  try {
    loadOrCreateSigner(keyFolder);
    loadOrCreateHashKey(keyFolder);
    ensureAuthorityKey(keyFolder);
  } catch (error) {
    if (error instanceof DoorError) throw new GatewayError(error.code, error.message, error.hint);
    const hint = error instanceof JournalError ? error.hint : 'Check that the folder can be written by this user.';
    throw new GatewayError('keys_unwritable', `The keys in ${keyFolder} cannot be used: ${messageOf(error)}`, hint);
  }
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  to: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
}

export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
