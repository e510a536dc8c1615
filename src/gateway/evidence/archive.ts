import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { Replay, Report, SessionDetail, SessionSummary, Verification } from '../../contract/index.ts';
import { JournalError, systemCode } from '../journal/errors.ts';
import { SessionProjection } from '../journal/projection.ts';
import { readJournal } from '../journal/reader.ts';
import type { JournalRecord } from '../journal/records.ts';
import { verifyInSteps } from '../journal/verifier.ts';
import type { GateArchive } from './gate/gate-archive.ts';
import { buildReplay } from './replay.ts';
import type { GateExcerpt } from './report/input.ts';
import { printReport } from './report/print.ts';
import { SummaryCache } from './session-cache.ts';

interface ArchiveOptions {
  /** Folder of the journals. */
  readonly folder: string;
  /** PEM of the key that journals must be signed with; null when none is known. */
  readonly publicKey: string | null | (() => string | null);
  readonly isLive: (sessionId: string) => boolean;
  /** The gate's own journals, for the section on the time of a session; null when they are not at hand. */
  readonly gate?: Pick<GateArchive, 'between' | 'verify'> | null;
  /** Holds `fonts/`. */
  readonly resourcesFolder: string;
  /** Milliseconds since the epoch; the moment a report says it was made. */
  readonly now?: () => number;
}

interface ReportBy {
  /** Who asks for the report; the operating-system user by default. */
  readonly generatedBy?: string;
  /** Version of the generator; by default that of the gate that wrote the journal. */
  readonly generatorVersion?: string;
}

/** What is made from journals. Every method rejects with EvidenceError `session_not_found` or with the reader's JournalError. */
export interface Archive {
  /** Newest first. `text` filters by words in the session's own facts (agent, connection, database …), all of them to be found. */
  list(input: { readonly text?: string | undefined; readonly limit: number }): Promise<SessionSummary[]>;
  get(sessionId: string): Promise<SessionDetail>;
  /** All records in order; an incomplete last line is left out. */
  records(sessionId: string): Promise<JournalRecord[]>;
  verify(sessionId: string): Promise<Verification>;
  replay(sessionId: string): Promise<Replay>;
  report(sessionId: string, by?: ReportBy): Promise<Report>;
}

/** A question to the archive that has no answer. */
export class EvidenceError extends Error {
  readonly code: 'session_not_found';
  readonly hint: string;
  constructor(sessionId: string) {
    super(`There is no recorded session "${sessionId.slice(0, 64)}".`);
    this.name = 'EvidenceError';
    this.code = 'session_not_found';
    this.hint =
      'The desk shows the id of a session under Sessions; it is also the name of its journal file. Check the data folder, too: the journal may lie in another.';
  }
}

const extension = '.journal';
/** The contract's form of a session id: no dots, no slashes, so that no id leaves the folder. */
const sessionIdForm = /^[A-Za-z0-9-]{1,64}$/;
/** An archive looks at statements of the past, where memory is needed for one session at a time only. */
const archiveLimits = { statements: 10_000, textLength: 64 * 1024 * 1024 };

/** The gate runs in the same process: long readings let it work after so many records, some milliseconds. */
const recordsPerStep = 500;

/** Opens the journals of a folder for reading. Nothing is written, ever. */
export function createArchive(options: ArchiveOptions): Archive {
  return new JournalArchive(options);
}

class JournalArchive implements Archive {
  readonly #options: ArchiveOptions;
  readonly #cache = new SummaryCache();

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  async list({
    text,
    limit,
  }: {
    readonly text?: string | undefined;
    readonly limit: number;
  }): Promise<SessionSummary[]> {
    const sessionIds = await this.#sessionIds();
    const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const found: SessionSummary[] = [];
    for (const sessionId of sessionIds) {
      const summary = this.#summary(sessionId);
      if (summary !== null && matches(summary, words)) found.push(summary);
      // A first look at many journals takes a while; the gate in this process goes on meanwhile.
      await setImmediate();
    }
    return found
      .sort((one, other) => other.startedAt - one.startedAt || other.id.localeCompare(one.id))
      .slice(0, limit);
  }

  async get(sessionId: string): Promise<SessionDetail> {
    return this.#project(sessionId, await this.records(sessionId));
  }

  async records(sessionId: string): Promise<JournalRecord[]> {
    const path = this.#path(sessionId);
    return this.#found(sessionId, async () => {
      const records: JournalRecord[] = [];
      for (const record of readJournal(path)) {
        records.push(record);
        if (records.length % recordsPerStep === 0) await setImmediate();
      }
      return records;
    });
  }

  async verify(sessionId: string): Promise<Verification> {
    const { publicKey } = this.#options;
    const path = this.#path(sessionId);
    return this.#found(sessionId, async () => {
      const steps = verifyInSteps(path, typeof publicKey === 'function' ? publicKey() : publicKey);
      for (;;) {
        const step = steps.next();
        if (step.done) return step.value;
        await setImmediate();
      }
    });
  }

  async replay(sessionId: string): Promise<Replay> {
    const records = await this.records(sessionId);
    const { summary } = this.#project(sessionId, records);
    return buildReplay(summary, records);
  }

  async report(sessionId: string, by: ReportBy = {}): Promise<Report> {
    const records = await this.records(sessionId);
    const detail = this.#project(sessionId, records);
    const start = records.find(({ body }) => body.type === 'session_start')?.body;
    return printReport({
      detail,
      records,
      verification: await this.verify(sessionId),
      gate: await this.#gateDuring(detail.summary),
      journalSha256: await sha256OfFile(this.#path(sessionId)),
      generatedAt: (this.#options.now ?? Date.now)(),
      generatedBy: by.generatedBy ?? userInfo().username,
      generatorVersion: by.generatorVersion ?? (start?.type === 'session_start' ? start.gateVersion : 'unknown'),
      fontsFolder: join(this.#options.resourcesFolder, 'fonts'),
    });
  }

  async #gateDuring({ startedAt, endedAt }: SessionSummary): Promise<GateExcerpt | null> {
    const { gate, now = Date.now } = this.#options;
    if (gate === undefined || gate === null) return null;
    const events = await gate.between({ since: startedAt, until: endedAt ?? now() });
    return { events, ok: (await gate.verify()).ok };
  }

  async #sessionIds(): Promise<string[]> {
    let names: string[];
    try {
      names = await readdir(this.#options.folder);
    } catch (error) {
      // Before the first session there is no folder yet.
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
    const sessionIds = names
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length))
      .filter((name) => sessionIdForm.test(name));
    this.#cache.keepOnly(new Set(sessionIds.map((sessionId) => this.#path(sessionId))));
    return sessionIds;
  }

  /** A journal that cannot be opened must not hide the others from the list; asking for it by its id tells why. */
  #summary(sessionId: string): SessionSummary | null {
    try {
      return this.#cache.summary(this.#path(sessionId), sessionId, this.#options.isLive(sessionId));
    } catch (error) {
      if (error instanceof JournalError || systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  #project(sessionId: string, records: readonly JournalRecord[]): SessionDetail {
    const projection = new SessionProjection(sessionId, archiveLimits);
    for (const record of records) projection.apply(record);
    if (!projection.started) throw new EvidenceError(sessionId);
    return projection.detail(this.#options.isLive(sessionId));
  }

  #path(sessionId: string): string {
    if (!sessionIdForm.test(sessionId)) throw new EvidenceError(sessionId);
    return join(this.#options.folder, `${sessionId}${extension}`);
  }

  async #found<T>(sessionId: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof JournalError && error.code === 'journal_missing') throw new EvidenceError(sessionId);
      throw error;
    }
  }
}

function matches(summary: SessionSummary, words: readonly string[]): boolean {
  const { id, agent, subject, connection, environment, database, role, applicationName, clientAddress, endReason } =
    summary;
  const facts = [
    id,
    agent,
    subject,
    connection,
    environment,
    database,
    role,
    applicationName,
    clientAddress,
    endReason,
  ];
  const hay = facts.join('\n').toLowerCase();
  return words.every((word) => hay.includes(word));
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
