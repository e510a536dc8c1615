import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { GateEvent, GateEvents, GateVerification, Report, Verification } from '../../../contract/index.ts';
import { gateJournalNames, gateJournalPath } from '../../journal/gate-folder.ts';
import { verifyInSteps } from '../../journal/verifier.ts';
import { printGateReport } from '../report/gate-report.ts';
import { type ReadEvents, readGateEvents } from './gate-files.ts';
import { type Successor, successionFault } from './succession.ts';

export interface GateArchiveOptions {
  /** Folder of the gate's own journals. */
  readonly folder: string;
  /** PEM of the key that journals must be signed with; null when none is known. */
  readonly publicKey: string | null;
  /** Name of the journal that is being written; null when no gate runs. */
  readonly live: () => string | null;
  /** Holds `fonts/`. */
  readonly resourcesFolder: string;
  readonly generatorVersion: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A span of time in milliseconds since the epoch; both ends count. */
export interface Period {
  readonly since: number;
  readonly until: number;
}

/** What is made from the gate's own journals. */
export interface GateArchive {
  /** The latest, newest first; those before the event `before` when it is given. */
  events(input: { readonly limit: number; readonly before?: string | undefined }): Promise<GateEvents>;
  /** All of a period, oldest first. */
  between(period: Period): Promise<readonly GateEvent[]>;
  verify(): Promise<GateVerification>;
  /** A PDF of a period, by class of event. Rejects when the fonts are missing. */
  report(period: Period, generatedBy?: string): Promise<Report>;
}

/** Journals whose events are kept in memory once they were read. */
const journalsKept = 20;

/** Opens the gate's own journals for reading. Nothing is written, ever. */
export function createGateArchive(options: GateArchiveOptions): GateArchive {
  return new JournalGateArchive(options);
}

class JournalGateArchive implements GateArchive {
  readonly #options: GateArchiveOptions;
  /** What was read last, by name, with the size that it had: a journal only grows. */
  readonly #read = new Map<string, { readonly size: number; readonly read: ReadEvents }>();

  constructor(options: GateArchiveOptions) {
    this.#options = options;
  }

  async events({
    limit,
    before,
  }: {
    readonly limit: number;
    readonly before?: string | undefined;
  }): Promise<GateEvents> {
    const names = gateJournalNames(this.#options.folder);
    // An id begins with the name of its journal; names sort by time.
    const last = before?.slice(0, before.lastIndexOf(':'));
    const found: GateEvent[] = [];
    const damaged: string[] = [];
    for (const name of names.filter((one) => last === undefined || one <= last).reverse()) {
      const read = await this.#events(name);
      if (read.damaged) damaged.push(name);
      const cut = name === last ? read.events.findIndex(({ id }) => id === before) : -1;
      found.push(...(cut === -1 ? read.events : read.events.slice(0, cut)).toReversed());
      if (found.length > limit) break;
    }
    return { events: found.slice(0, limit), more: found.length > limit, damaged };
  }

  async between({ since, until }: Period): Promise<readonly GateEvent[]> {
    const found: GateEvent[] = [];
    for (const name of gateJournalNames(this.#options.folder)) {
      const { events } = await this.#events(name);
      for (const event of events) if (event.at >= since && event.at <= until) found.push(event);
    }
    // Two gates over one folder, or a clock that was set back: by time all the same.
    return found.sort((one, other) => one.at - other.at);
  }

  async verify(): Promise<GateVerification> {
    const found: Successor[] = [];
    for (const name of gateJournalNames(this.#options.folder)) {
      const { previous } = await this.#events(name);
      found.push({ name, previous, verification: await this.#verify(name) });
    }
    const live = this.#options.live();
    const journals = found.map((one) => {
      const fault = successionFault(one, found);
      const verification = fault === null ? one.verification : withFault(one.verification, fault);
      return { name: one.name, live: one.name === live, verification };
    });
    return { ok: journals.every(({ verification }) => verification.ok), journals };
  }

  async report(period: Period, generatedBy: string = userInfo().username): Promise<Report> {
    const { folder, resourcesFolder, generatorVersion, now = Date.now } = this.#options;
    const events = await this.between(period);
    const journals = [];
    for (const journal of (await this.verify()).journals) {
      journals.push({ ...journal, sha256: await sha256OfFile(gateJournalPath(folder, journal.name)) });
    }
    return printGateReport({
      ...{ period, events, journals, generatedBy, generatorVersion },
      generatedAt: now(),
      fontsFolder: join(resourcesFolder, 'fonts'),
    });
  }

  async #events(name: string): Promise<ReadEvents> {
    const { folder } = this.#options;
    const { size } = statSync(gateJournalPath(folder, name));
    const known = this.#read.get(name);
    if (known?.size === size) return known.read;
    const read = await readGateEvents(folder, name);
    this.#read.delete(name); // to the end: the map is in the order of use
    this.#read.set(name, { size, read });
    for (const oldest of [...this.#read.keys()].slice(0, -journalsKept)) this.#read.delete(oldest);
    return read;
  }

  async #verify(name: string): Promise<Verification> {
    const steps = verifyInSteps(gateJournalPath(this.#options.folder, name), this.#options.publicKey);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await setImmediate();
    }
  }
}

const withFault = (verification: Verification, message: string): Verification => ({
  ...verification,
  ok: false,
  findings: [...verification.findings, { code: 'predecessor_differs', record: null, message }],
});

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
