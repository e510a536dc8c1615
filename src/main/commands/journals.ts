import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DeskError, messageOf, type Report } from '../../contract/index.ts';
import { createArchive } from '../../gateway/evidence/archive.ts';
import { createGateArchive } from '../../gateway/evidence/gate/gate-archive.ts';
import { gateFolder } from '../../gateway/journal/gate-folder.ts';
import { publicKeyFile } from '../../gateway/journal/signer.ts';
import { type DataLayout, dataLayout } from '../desk/data-folder.ts';
import { withDeskErrors } from '../desk/errors.ts';
import type { DeskArchive } from '../desk/ports.ts';
import { withoutColours } from '../terminal-text.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

export interface JournalOptions {
  /** A session id, or the path of a journal file. */
  readonly subject: string;
  /** Folder to look in instead of this user's. */
  readonly dataFolder?: string | undefined;
  /** PEM file with the public key that the journal must be signed with. */
  readonly publicKey?: string | undefined;
}

function endOf(sealedToTheEnd: boolean, keyFingerprint: string | null): string {
  if (sealedToTheEnd) return 'closed and signed to its last record';
  if (keyFingerprint === null) return 'whether records are missing at its end was not checked: that takes the key';
  return 'not closed: records may be missing at its end (a session that still runs, or was killed)';
}

/** `postern verify`: says whether a journal is whole. 0 when it is, 1 when anything was found. */
export async function verify(options: JournalOptions, environment: CommandEnvironment): Promise<ExitCode> {
  const { archive, sessionId } = openJournal(options, environment);
  const result = await withDeskErrors(() => archive.verify(sessionId));
  const { ok, records, checkpoints, sealedToTheEnd, headHash, keyFingerprint, findings } = result;
  environment.print(
    [
      `${ok ? 'ok' : 'NOT OK'}  ${sessionId}: ${records} records, ${checkpoints} signed checkpoint${checkpoints === 1 ? '' : 's'}`,
      `    ${endOf(sealedToTheEnd, keyFingerprint)}`,
      `    head ${headHash}`,
      `    key  ${keyFingerprint ?? 'none, so signatures were not checked: name it with --public-key, or its installation with --data-folder'}`,
      ...findings.map(
        ({ code, record, message }) => `    ${code}${record === null ? '' : ` at record ${record}`}: ${message}`,
      ),
      '',
    ].join('\n'),
  );
  return ok ? 0 : 1;
}

/** `postern replay`: prints what the agent saw, without its pauses. */
export async function replay(options: JournalOptions, environment: CommandEnvironment): Promise<ExitCode> {
  const { archive, sessionId } = openJournal(options, environment);
  const { frames } = await withDeskErrors(() => archive.replay(sessionId));
  // The frames are for a terminal: lines end with CR LF. Colours are left out where they would be noise.
  const text = frames
    .map(({ data }) => data)
    .join('')
    .replaceAll('\r\n', '\n');
  environment.print(environment.colour ? text : withoutColours(text));
  return 0;
}

/** `postern report`: writes the PDF of a session. An existing file is never overwritten. */
export async function report(
  options: JournalOptions & { readonly out?: string | undefined },
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { archive, sessionId } = openJournal(options, environment);
  return writeReport(await withDeskErrors(() => archive.report(sessionId)), options.out, environment);
}

/** Writes a report to `out`, or under its own name here. Throws DeskError `report_not_written`, also when there is such a file. */
export function writeReport(
  { fileName, pdf, pages, sha256 }: Report,
  out: string | undefined,
  environment: CommandEnvironment,
): ExitCode {
  const path = resolve(out ?? fileName);
  try {
    writeFileSync(path, Buffer.from(pdf, 'base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new DeskError(
      'report_not_written',
      `The report could not be written to ${path}: ${messageOf(error)}.`,
      'Name another file with --out.',
    );
  }
  environment.print(`${path}\n${pages} pages, SHA-256 ${sha256}\n`);
  return 0;
}

/** The key that journals are held against: the one named, else this installation's; null when there is none. */
export function journalKey(layout: DataLayout, publicKey: string | undefined): string | null {
  if (publicKey !== undefined && !existsSync(publicKey)) {
    throw new DeskError(
      'public_key_missing',
      `There is no file ${publicKey}.`,
      'Give the public key that lies beside the signing key.',
    );
  }
  const path = publicKey ?? join(layout.keys, publicKeyFile);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function openJournal(
  { subject, dataFolder, publicKey }: JournalOptions,
  { dataFolder: usual, root }: CommandEnvironment,
): { archive: DeskArchive; sessionId: string } {
  const layout = dataLayout(resolve(dataFolder ?? usual));
  const isFile = subject.endsWith('.journal') || subject.includes('/');
  const folder = isFile ? dirname(resolve(subject)) : layout.journals;
  const sessionId = isFile ? basename(subject, '.journal') : subject;
  const at = { publicKey: journalKey(layout, publicKey), resourcesFolder: root.resources };
  const ofGate = gateFolder(folder);
  const gate = existsSync(ofGate)
    ? createGateArchive({ ...at, folder: ofGate, live: () => null, generatorVersion: root.version })
    : null;
  return { archive: createArchive({ ...at, folder, gate, isLive: () => false }), sessionId };
}
