import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createParser, type Parser } from '../../src/gateway/sql/parser.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Finding, reasonFor } from './known-differences.ts';
import { readScript } from './psql-script.ts';
import { DifferentialSession } from './session.ts';

/** What of the suites is run, from the environment. */
interface Selection {
  /** A part of the name of the suite's folder, `15.18`. */
  readonly suite: string;
  /** Names of tests that are compared; the others are left out, but for test_setup. Empty: all. */
  readonly only: ReadonlySet<string>;
  /** The first test that is compared; those before it only run, because later ones use their tables. */
  readonly from: string;
  /** The last test that is run. */
  readonly until: string;
  /** File that every finding is appended to as a line of JSON, known ones with their reason. */
  readonly report: string | null;
}

const selectionOf = (environment: NodeJS.ProcessEnv): Selection => ({
  suite: environment.EFFECTS_SUITE ?? '',
  only: new Set((environment.EFFECTS_TESTS ?? '').split(',').filter((name) => name !== '')),
  from: environment.EFFECTS_FROM ?? '',
  until: environment.EFFECTS_UNTIL ?? '',
  report: environment.EFFECTS_REPORT ?? null,
});

/** The regression suites below POSTERN_CONFORMANCE/src. */
function suites(wanted: string): readonly string[] {
  const source = join(process.env.POSTERN_CONFORMANCE ?? '/var/tmp/conformance', 'src');
  const found = existsSync(source) ? readdirSync(source).map((name) => join(source, name, 'src/test/regress')) : [];
  return found.filter((folder) => existsSync(join(folder, 'parallel_schedule')) && folder.includes(wanted));
}

const testsOf = (folder: string): readonly string[] =>
  readFileSync(join(folder, 'parallel_schedule'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('test:') ? line.slice(5).trim().split(/\s+/) : []));

/** What is counted over all tests: outcomes of statements, and findings. */
class Tally {
  readonly counts = new Map<string, number>();
  readonly unexplained: Finding[] = [];
  readonly #report: string | null;

  constructor(report: string | null) {
    this.#report = report;
    if (report !== null) writeFileSync(report, '');
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  add(finding: Finding): void {
    const known = reasonFor(finding);
    this.count(known === null ? finding.problem : `known: ${known}`);
    if (known === null) this.unexplained.push(finding);
    if (this.#report !== null) appendFileSync(this.#report, `${JSON.stringify({ ...finding, known })}\n`);
  }
}

/** Runs one test file as psql would; `compares` false only lets it make its tables. */
async function runTest(
  folder: string,
  test: string,
  session: DifferentialSession,
  compares: boolean,
  tally: Tally,
): Promise<void> {
  const text = readFileSync(join(folder, 'sql', `${test}.sql`), 'utf8');
  const environment = { PG_ABS_SRCDIR: folder, PG_ABS_BUILDDIR: folder, PG_LIBDIR: folder, PG_DLSUFFIX: '.so' };
  for (const statement of readScript(text, environment)) {
    if (/^\s*(DROP\s+DATABASE|SELECT\s+pg_terminate)/i.test(statement.sql)) continue;
    if (!compares) {
      await session.replay(statement);
      continue;
    }
    const outcome = await session.run(statement);
    tally.count(outcome.outcome);
    if (outcome.outcome !== 'compared') continue;
    for (const { problem, relations } of outcome.disagreements)
      tally.add({ test, line: statement.line, problem, relations, sql: statement.sql });
  }
}

async function runFolder(
  folder: string,
  database: string,
  server: TestPostgres,
  parser: Parser,
  { only, from, until }: Selection,
  tally: Tally,
): Promise<void> {
  const administer = new pg.Client({ ...server, database: 'postgres' });
  await administer.connect();
  await administer.query(`CREATE DATABASE ${database} TEMPLATE template0`);
  await administer.end();
  let compares = from === '';
  for (const test of testsOf(folder)) {
    compares ||= test === from;
    if (only.size > 0 && test !== 'test_setup' && !only.has(test)) continue;
    const began = Date.now();
    const before = tally.unexplained.length;
    const session = await DifferentialSession.open({ ...server, database, statement_timeout: 60_000 }, parser);
    await runTest(folder, test, session, compares, tally);
    await session.close().catch(() => undefined);
    const said = compares ? `${tally.unexplained.length - before} unexplained` : 'run only';
    process.stdout.write(`${test}: ${said}, ${Date.now() - began} ms\n`);
    if (test === until) return;
  }
}

/**
 * Runs PostgreSQL's own regression suites statement by statement on an embedded server, and compares what each statement
 * did with what the gate says that it would do. Resolves to 0 when no statement that wrote was judged read-only and
 * nothing was done that the effects do not say, but for the known differences. The others are printed.
 */
export async function runSuite(): Promise<number> {
  const selection = selectionOf(process.env);
  const server = await startPostgres(['-c', 'max_prepared_transactions=10', '-c', 'autovacuum=off']);
  const parser = await createParser();
  const tally = new Tally(selection.report);
  const folders = suites(selection.suite);
  try {
    for (const [position, folder] of folders.entries())
      await runFolder(folder, `regression_${position}`, server, parser, selection, tally);
  } finally {
    await server.stop();
  }
  for (const [what, number] of tally.counts) process.stdout.write(`${what}: ${number}\n`);
  for (const finding of tally.unexplained) process.stdout.write(`${JSON.stringify(finding)}\n`);
  if (folders.length === 0) process.stdout.write('No regression suite was found, so nothing was compared.\n');
  return folders.length > 0 && tally.unexplained.length === 0 ? 0 : 1;
}
