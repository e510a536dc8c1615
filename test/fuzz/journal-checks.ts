import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal } from '../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../src/gateway/journal/records.ts';
import { publicKeyFile } from '../../src/gateway/journal/signer.ts';
import { verifyJournal } from '../../src/gateway/journal/verifier.ts';
import { type TestGate, until } from '../support/gate.ts';

type Statement = Extract<RecordBody, { type: 'statement' }>;

/** The verified records of the only session of the gate, once it has ended; its journal is removed. */
export async function takeJournal(gate: TestGate): Promise<readonly RecordBody[]> {
  const { file, records } = await until(async () => {
    const [name] = (await readdir(gate.journalFolder)).filter((entry) => entry.endsWith('.journal'));
    if (name === undefined || gate.gateway.liveSessions().length > 0) return null;
    const path = join(gate.journalFolder, name);
    const bodies = [...readJournal(path)].map(({ body }) => body);
    return bodies.at(-1)?.type === 'session_end' ? { file: path, records: bodies } : null;
  }, 15_000);
  const { findings, sealedToTheEnd } = verifyJournal(file, await readFile(join(gate.keyFolder, publicKeyFile), 'utf8'));
  if (!sealedToTheEnd) throw new Error(`the journal does not verify: ${JSON.stringify(findings)}`);
  await rm(file);
  return records;
}

/** Tables `m1` … `m6` hold 10–12 … 60–62: the table that a row came from. Values may be shown as hex where a type is not known. */
const tableOf = (value: string | null | undefined): string | null => {
  if (value === null || value === undefined) return null;
  const number = /^\\x0000[0-9a-f]{4}$/.test(value) ? Number.parseInt(value.slice(2), 16) : Number(value);
  return /^\d\d$/.test(String(number)) && number >= 10 && number <= 62 && number % 10 <= 2
    ? `m${Math.floor(number / 10)}`
    : null;
};

/**
 * What is wrong when the rows that a statement brought came from a table that the gate did not judge it to read; null when
 * all was as judged, or not understood (which a policy never lets pass as harmless).
 */
export function judgedOtherwise(records: readonly RecordBody[]): string | null {
  const statements = new Map<number, Statement>();
  for (const body of records) {
    if (body.type === 'statement') statements.set(body.statement, body);
    if (body.type !== 'rows') continue;
    const statement = statements.get(body.statement);
    if (statement === undefined) return `rows of statement ${body.statement}, which was never recorded`;
    if (!statement.effects.understood || /\bside\b|\bloaded\b|generate_series/.test(statement.text)) continue;
    const reads = statement.effects.reads.map((name) => name.replace(/^.*\./, ''));
    for (const [value] of body.rows) {
      const table = tableOf(value);
      if (table !== null && !reads.includes(table))
        return `${JSON.stringify(statement.text)} was judged to read ${JSON.stringify(reads)} and brought ${value}`;
    }
  }
  return null;
}

/** What is wrong with how statements ended: each has exactly one outcome. */
export function unended(records: readonly RecordBody[]): string | null {
  const open = new Map<number, string>();
  for (const body of records) {
    if (body.type === 'statement') open.set(body.statement, body.text);
    if (body.type === 'outcome' && !open.delete(body.statement)) return `statement ${body.statement} has two outcomes`;
  }
  return open.size === 0 ? null : `no outcome of ${JSON.stringify([...open])}`;
}

/**
 * Compares what prepared names mean to the server (`statement` by `name`) with what they mean to the gate, which says so in
 * the record of a Bind whose only value is `probe <name>`.
 */
export function misnamed(records: readonly RecordBody[], server: ReadonlyMap<string, string>): string | null {
  for (const body of records) {
    if (body.type !== 'statement') continue;
    const name = /^probe (\w+)$/.exec(body.parameters[0]?.text ?? '')?.[1];
    const known = name === undefined ? undefined : server.get(name);
    if (known === undefined || body.text === `EXECUTE "${name}"`) continue;
    // Of a PREPARE the server keeps the whole text that it stood in.
    const same = /^PREPARE/.test(body.text) ? known.includes(body.text.trim()) : body.text.trim() === known.trim();
    if (!same) return `${name} is ${JSON.stringify(known)} to the server and ${JSON.stringify(body.text)} to the gate`;
  }
  return null;
}
