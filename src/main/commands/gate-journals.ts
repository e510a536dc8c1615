import { resolve } from 'node:path';
import { DeskError } from '../../contract/index.ts';
import { createGateArchive, type GateArchive, type Period } from '../../gateway/evidence/gate/gate-archive.ts';
import { terminalSafe } from '../../gateway/evidence/terminal-text.ts';
import { gateFolder, gateJournalNames } from '../../gateway/journal/gate-folder.ts';
import { dataLayout } from '../desk/data-folder.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';
import { journalKey, writeReport } from './journals.ts';

/** What stands in place of a session id for the gate's own journals. */
export const gateSubject = 'gate';

export interface GateJournalOptions {
  /** Folder to look in instead of this user's. */
  readonly dataFolder?: string | undefined;
  readonly publicKey?: string | undefined;
  /** Days, `2026-11-28`, UTC; both count. All that there is when absent. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** `postern verify gate`: whether each journal of the gate is whole. 0 when all are, 1 when anything was found. */
export async function verifyGate(options: GateJournalOptions, environment: CommandEnvironment): Promise<ExitCode> {
  const { ok, journals } = await openGateArchive(options, environment).verify();
  const lines = journals.flatMap(
    ({ name, verification: { ok: whole, records, sealedToTheEnd, headHash, findings } }) => [
      `${whole ? 'ok' : 'NOT OK'}  ${name}: ${records} records, ${sealedToTheEnd ? 'closed and signed to its last record' : 'not closed and signed: it is being written, or Postern was killed, or the key is missing'}`,
      `    head ${headHash}`,
      ...findings.map(
        ({ code, record, message }) => `    ${code}${record === null ? '' : ` at record ${record}`}: ${message}`,
      ),
    ],
  );
  environment.print(journals.length === 0 ? 'There is no journal of the gate yet.\n' : `${lines.join('\n')}\n`);
  return ok ? 0 : 1;
}

/** `postern replay gate`: what happened at the gate, a line for each event. */
export async function replayGate(options: GateJournalOptions, environment: CommandEnvironment): Promise<ExitCode> {
  const events = await openGateArchive(options, environment).between(periodOf(options));
  for (const { at, title, text, who } of events) {
    const said = [new Date(at).toISOString(), title, who ?? '-', text].filter((part) => part !== '').join('  ');
    environment.print(`${terminalSafe(said)}\n`);
  }
  return 0;
}

/**
 * `postern report gate`: writes the PDF of a period. An existing file is never overwritten. Throws DeskError
 * `journal_missing` where no gate ever ran: a report of nothing would look like one of a quiet gate.
 */
export async function reportGate(
  options: GateJournalOptions & { readonly out?: string | undefined },
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { journals } = layoutOf(options, environment);
  if (gateJournalNames(gateFolder(journals)).length === 0) {
    throw new DeskError(
      'journal_missing',
      `There is no journal of the gate in ${gateFolder(journals)} yet, so there is nothing to report. No file was written.`,
      'Start Postern once, or name the folder of another installation with --data-folder.',
    );
  }
  return writeReport(await openGateArchive(options, environment).report(periodOf(options)), options.out, environment);
}

const dayMs = 86_400_000;

function periodOf({ since, until }: GateJournalOptions): Period {
  return {
    since: since === undefined ? 0 : dayStart(since, '--since'),
    until: until === undefined ? Date.now() : dayStart(until, '--until') + dayMs - 1,
  };
}

function dayStart(text: string, option: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new DeskError(
    'usage',
    `${option} takes a day such as 2026-11-28, not "${text}".`,
    '`postern --help` shows it.',
  );
}

const layoutOf = ({ dataFolder }: GateJournalOptions, { dataFolder: usual }: CommandEnvironment) =>
  dataLayout(resolve(dataFolder ?? usual));

function openGateArchive(options: GateJournalOptions, environment: CommandEnvironment): GateArchive {
  const layout = layoutOf(options, environment);
  const { root } = environment;
  return createGateArchive({
    folder: gateFolder(layout.journals),
    publicKey: journalKey(layout, options.publicKey),
    live: () => null,
    resourcesFolder: root.resources,
    generatorVersion: root.version,
  });
}
