import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Low } from 'lowdb';
import { JSONFile } from 'lowdb/node';
import { z } from 'zod';
import { DeskError, describeIssues, messageOf } from '../../contract/index.ts';
import { Findings } from '../../gateway/masking/net/findings.ts';
import { savedFindings } from '../../gateway/masking/net/saved-findings.ts';
import { FoundColumns } from '../../gateway/memory/found-columns.ts';
import type { TextStore } from '../../gateway/memory/text-store.ts';
import type { GatewayOptions } from '../../gateway/types.ts';
import { makeDataFolder } from './data-folder.ts';
import { makePrivateTemporary } from './settings-file.ts';

/** The findings file, version 1. It holds counts, names of columns and forms of values (`aaa@aaaa.aa`), never a value. */
const findingsFile = z.strictObject({ version: z.literal(1), connections: savedFindings });
type FindingsFile = z.infer<typeof findingsFile>;

/** Findings that are written to disk a moment after they changed. */
export interface FindingsStore {
  readonly findings: Findings;
  /** Writes what is still to be written and stops. Never rejects: what could not be kept is logged. */
  close(): Promise<void>;
}

/** How long changes are gathered before the file is written, in milliseconds. */
const gatherMs = 1000;

/**
 * Opens the findings of one installation; a missing file means none. `store` has those that masking rests on, where the seal is
 * over them: what it says counts, whatever became of the file. Throws DeskError `findings_unreadable`: the file is left
 * as it is, because rules by detector and `ask` rest on what is in it.
 */
export async function openFindings(path: string, store: TextStore, log: GatewayOptions['log']): Promise<FindingsStore> {
  await makeDataFolder(dirname(path));
  const database = new Low<FindingsFile>(new JSONFile<FindingsFile>(path), { version: 1, connections: {} });
  await database.read().catch((error: unknown) => {
    throw unreadable(path, messageOf(error));
  });
  const parsed = findingsFile.safeParse(database.data);
  if (!parsed.success) throw unreadable(path, describeIssues(parsed.error));
  const columns = openColumns(store);
  const findings = new Findings(Date.now, columns.completed(parsed.data.connections, Date.now()));
  if (Object.keys(parsed.data.connections).length > 0) columns.keep(findings.saved());
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    timer = null;
    writing = writing.then(async () => {
      try {
        columns.keep(findings.saved());
        database.data = { version: 1, connections: findings.saved() };
        await makePrivateTemporary(path);
        await database.write();
        await chmod(path, 0o600);
      } catch (error) {
        log('warn', `the findings could not be written to ${path}: ${messageOf(error)}`);
      }
    });
    return writing;
  };
  const stopListening = findings.onChange(() => {
    timer ??= setTimeout(() => void write(), gatherMs);
  });
  return {
    findings,
    close: async () => {
      stopListening();
      const due = timer !== null;
      if (timer !== null) clearTimeout(timer);
      await (due ? write() : writing);
    },
  };
}

function openColumns(store: TextStore): FoundColumns {
  try {
    return new FoundColumns(store);
  } catch (error) {
    throw unreadable(store.path, messageOf(error));
  }
}

function unreadable(path: string, what: string): DeskError {
  return new DeskError(
    'findings_unreadable',
    `The findings file ${path} cannot be used: ${what}`,
    'Postern did not start and left the file as it is. Repair it, or move it away (and `keys/found-columns.json`, if that is the file): columns that rules by detector mask are then masked again only once the detector has recognised something in them.',
  );
}
