import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Low } from 'lowdb';
import { z } from 'zod';
import {
  agentGroups,
  connectionConfig,
  DeskError,
  describeIssues,
  identifier,
  identityProvider,
  identityProviderProblems,
  instant,
  messageOf,
  scope,
} from '../../contract/index.ts';
import { isSystemError, replaceFile } from '../../gateway/door/files.ts';
import type { GatewaySettings } from '../../gateway/types.ts';
import { makeDataFolder } from './data-folder.ts';
import { listenerProblem, listenerSettings } from './listener-settings.ts';
import type { DeskSettings } from './ports.ts';

const keyHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');

const agentRecord = z.strictObject({
  name: identifier,
  keyHash,
  connections: z.array(identifier).readonly(),
  createdAt: instant,
  revokedAt: instant.nullable(),
  scope: scope.optional(),
  groups: agentGroups.readonly().optional(),
  formerKeys: z
    .array(z.strictObject({ keyHash, until: instant }))
    .readonly()
    .optional(),
});

/** The settings file, version 1. It holds no secret: passwords are never in it, agent keys only as hashes. */
const settingsFile = z.strictObject({
  version: z.literal(1),
  listener: listenerSettings,
  approvalDeadlineSeconds: z.number().int().min(0).max(86_400),
  /** True while the connection named `demo` is the embedded demo database. */
  demo: z.boolean(),
  connections: z.array(connectionConfig),
  agents: z.array(agentRecord),
  /** Whose access tokens are taken as passwords. */
  identityProviders: z.array(identityProvider).max(20).default([]),
});
export type SettingsFile = z.infer<typeof settingsFile>;

/** Name of the connection that the embedded demo database has. */
export const demoConnectionName = 'demo';

/** What holds before anybody has changed anything. The port is below 32768, where systems hand out no ephemeral ports. */
export const defaultSettings: SettingsFile = {
  version: 1,
  listener: { host: '127.0.0.1', port: 6432 },
  approvalDeadlineSeconds: 300,
  demo: false,
  connections: [],
  agents: [],
  identityProviders: [],
};

export interface SettingsStore extends DeskSettings {
  readonly path: string;
  /** The whole file as it stands. */
  file(): SettingsFile;
  /** Replaces fields that are not the gateway's (the demo mark, the listener). Resolves when they are on disk. */
  saveFile(next: SettingsFile): Promise<void>;
}

/** The text of the settings: read once, written whole. A host that seals it hands in its own. */
export interface SettingsText {
  /** Null when there is none. */
  read(): string | null;
  /** Returns when it is on disk; throws when it is not. */
  write(text: string): void;
}

/**
 * Opens the settings of one installation; a missing file means the defaults.
 * Throws DeskError `settings_unreadable` (file and field named, the file untouched) and `data_folder_unwritable`.
 * The adapter is ours: lowdb's presets keep everything in memory under a test runner, and know no seal.
 */
export async function openSettings(path: string, text: SettingsText = plainText(path)): Promise<SettingsStore> {
  await makeDataFolder(dirname(path));
  const database = new Low<SettingsFile>(
    {
      read: async () => parseSettings(readText(text, path), path),
      write: async (data) => text.write(JSON.stringify(data, null, 2)),
    },
    defaultSettings,
  );
  await database.read();
  let held = database.data;

  const saveFile = async (next: SettingsFile): Promise<void> => {
    const checked = settingsFile.parse(next);
    database.data = checked;
    try {
      await database.write();
    } catch (error) {
      database.data = held;
      throw new DeskError(
        'settings_not_saved',
        `The settings could not be written to ${path}: ${messageOf(error)}.`,
        'Nothing was changed; the old settings hold. Check the folder’s rights and free space.',
      );
    }
    held = checked;
  };
  return {
    path,
    managedBy: 'settings',
    file: () => held,
    saveFile,
    current: (): GatewaySettings => ({
      connections: held.connections,
      agents: held.agents,
      identityProviders: held.identityProviders,
    }),
    save: ({ connections, agents, identityProviders }) =>
      saveFile({
        ...held,
        // A demo connection that was removed stays removed; another of the same name is the operator's own.
        demo: held.demo && connections.some(({ name }) => name === demoConnectionName),
        connections: [...connections],
        agents: [...agents],
        identityProviders: [...identityProviders],
      }),
  };
}

/**
 * The settings of a text; the defaults where there is none. Throws DeskError `settings_unreadable` that names the file, the field
 * and what is wrong with it.
 */
export function parseSettings(text: string | null, path: string): SettingsFile {
  if (text === null) return defaultSettings;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
  const parsed = settingsFile.safeParse(value);
  if (!parsed.success) throw unreadable(path, describeIssues(parsed.error));
  const problem = listenerProblem(parsed.data.listener);
  if (problem !== null) throw unreadable(path, `listener.${problem}`);
  const { connections, identityProviders } = parsed.data;
  const broken = identityProviderProblems(
    identityProviders,
    connections.map(({ name }) => name),
  );
  if (broken.length > 0) throw unreadable(path, broken.join('; '));
  return parsed.data;
}

/** True while there is nothing to lose: no connection but the demo's, nobody let in from beyond this user. */
export function isThrowAway({ connections, demo, agents, identityProviders, listener }: SettingsFile): boolean {
  const onlyDemo = connections.every(({ name }) => demo && name === demoConnectionName);
  const agentsOfIt = agents.every(({ connections: to }) => to.every((name) => name === demoConnectionName));
  const usualDoor = listener.host === defaultSettings.listener.host && listener.allowedUsers === undefined;
  return onlyDemo && agentsOfIt && identityProviders.length === 0 && usualDoor;
}

function readText(text: SettingsText, path: string): string | null {
  try {
    return text.read();
  } catch (error) {
    throw unreadable(path, messageOf(error));
  }
}

function plainText(path: string): SettingsText {
  return {
    read() {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return null;
        throw error;
      }
    },
    write: (text) => replaceFile(path, text, 0o600),
  };
}

/** lowdb writes a temporary file and renames it; made beforehand with mode 0600, it is never readable by others. */
export async function makePrivateTemporary(path: string): Promise<void> {
  const file = await open(join(dirname(path), `.${basename(path)}.tmp`), 'w', 0o600);
  await file.chmod(0o600).finally(() => file.close());
}

function unreadable(path: string, what: string): DeskError {
  return new DeskError(
    'settings_unreadable',
    `The settings file ${path} cannot be used: ${what}`,
    'Postern did not start and left the file as it is. Repair it, or move it away to begin with empty settings.',
  );
}
