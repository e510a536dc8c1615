import { messageOf, type Problem } from '../../contract/index.ts';
import { JournalError } from '../journal/errors.ts';
import { gateFolder, gateJournalNames, gateJournalPath } from '../journal/gate-folder.ts';
import type { JournalWriter, RecordBody } from '../journal/records.ts';
import type { Signer } from '../journal/signer.ts';
import { verifyJournal } from '../journal/verifier.ts';
import { createJournal } from '../journal/writer.ts';

/** Where a fault is shown to the operator until it is over. */
interface ProblemBoard {
  raise(problem: Problem): void;
  solve(code: string): void;
}

export interface GateJournalsOptions {
  readonly folder: string;
  readonly signer: Signer;
  readonly problems: ProblemBoard;
  /** Called after each record of the gate's own journal. */
  readonly recorded?: () => void;
}

/** What a journal of the gate says of the one before it, so that none can be taken away unnoticed. */
type PreviousJournal = { readonly name: string; readonly headHash: string };

/** The journals that the gate writes: its own, and one for each session. A fault is a problem that the operator sees. */
export class GateJournals {
  readonly #options: GateJournalsOptions;
  #own: JournalWriter | null = null;
  #name: string | null = null;
  #previous: PreviousJournal | null = null;

  constructor(options: GateJournalsOptions) {
    this.#options = options;
  }

  /** Name of the gate's own journal while it is open. */
  get name(): string | null {
    return this.#name;
  }

  /** The newest journal of the gate that was there when this one began. */
  get previous(): PreviousJournal | null {
    return this.#previous;
  }

  /** Begins the gate's own journal. Throws JournalError `journal_unwritable`. */
  start(): void {
    const { folder, signer } = this.#options;
    const name = `gate-${new Date().toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}`;
    try {
      this.#previous = newestJournal(gateFolder(folder));
      this.#own = createJournal({ folder: gateFolder(folder), name, signer, clock: Date.now });
      this.#name = name;
    } catch (error) {
      const { message, hint } = faultOf(error);
      throw new JournalError(
        'journal_unwritable',
        `Journals cannot be written to ${folder}: ${message}`,
        hint ?? 'Check the folder.',
      );
    }
  }

  /** Appends to the gate's own journal. Never throws: knocks at the door go on being refused without it. */
  record(body: RecordBody): void {
    try {
      this.require(body);
    } catch {
      // the operator sees the problem that was raised
    }
  }

  /** The same for what must not happen unrecorded. Throws JournalError, also when the journal is not open. */
  require(body: RecordBody): void {
    try {
      if (this.#own === null) throw new JournalError('journal_closed', 'it is not open', 'Start Postern again.');
      this.#own.append(body);
      this.#options.recorded?.();
    } catch (error) {
      const { message, hint } = faultOf(error);
      const said = `The gate's own journal cannot be written: ${message}`;
      this.#options.problems.raise({ code: 'gate_journal', message: said, hint });
      throw error;
    }
  }

  /** A new journal for a session. Throws JournalError: without a journal there is no session. */
  openSession(id: string): JournalWriter {
    const { folder, signer, problems } = this.#options;
    try {
      const journal = createJournal({ folder, name: id, signer, clock: Date.now });
      problems.solve('journal');
      return journal;
    } catch (error) {
      const { message, hint } = faultOf(error);
      const said = `A session was refused because its journal could not be made: ${message}`;
      problems.raise({ code: 'journal', message: said, hint });
      throw error;
    }
  }

  async close(): Promise<void> {
    const own = this.#own;
    this.#own = null;
    this.#name = null;
    await own?.close();
  }
}

function newestJournal(folder: string): PreviousJournal | null {
  const name = gateJournalNames(folder).at(-1);
  return name === undefined ? null : { name, headHash: verifyJournal(gateJournalPath(folder, name), null).headHash };
}

function faultOf(error: unknown): { message: string; hint: string | null } {
  if (error instanceof JournalError) return { message: error.message, hint: error.hint };
  return { message: messageOf(error), hint: null };
}
