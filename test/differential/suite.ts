import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createParser } from '../../src/gateway/sql/parser.ts';
import { startPostgres } from '../support/postgres.ts';
import { readScript } from './psql-script.ts';
import { DifferentialSession } from './session.ts';

/** The regression suites below POSTERN_CONFORMANCE/src; a name of a suite or of single tests may narrow them. */
function suites(): readonly string[] {
  const source = join(process.env.POSTERN_CONFORMANCE ?? '/var/tmp/conformance', 'src');
  const found = existsSync(source) ? readdirSync(source).map((name) => join(source, name, 'src/test/regress')) : [];
  return found.filter((folder) => existsSync(join(folder, 'parallel_schedule')));
}

const testsOf = (folder: string): readonly string[] =>
  readFileSync(join(folder, 'parallel_schedule'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('test:') ? line.slice(5).trim().split(/\s+/) : []));

/**
 * Runs PostgreSQL's own regression suites statement by statement on an embedded server, and compares what each statement
 * did with what the gate says that it would do. Resolves to 0 when no statement that wrote was judged read-only and
 * nothing was done that the effects do not say; findings are printed and kept in `EFFECTS_REPORT` (a file of JSON lines).
 */
export async function runSuite(): Promise<number> {
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  const only = new Set((process.env.EFFECTS_TESTS ?? '').split(',').filter((name) => name !== ''));
  const wanted = process.env.EFFECTS_SUITE ?? '';
  const server = await startPostgres(['-c', 'max_prepared_transactions=10', '-c', 'autovacuum=off']);
  const parser = await createParser();
  const findings: string[] = [];
  const totals = new Map<string, number>();
  const count = (what: string): unknown => totals.set(what, (totals.get(what) ?? 0) + 1);
  try {
    for (const [position, folder] of suites()
      .filter((one) => one.includes(wanted))
      .entries()) {
      const database = `regression_${position}`;
      const administer = new pg.Client({ ...server, database: 'postgres' });
      await administer.connect();
      await administer.query(`CREATE DATABASE ${database} TEMPLATE template0`);
      await administer.end();
      for (const test of testsOf(folder)) {
        if (only.size > 0 && test !== 'test_setup' && !only.has(test)) continue;
        const session = await DifferentialSession.open({ ...server, database, statement_timeout: 60_000 }, parser);
        const text = readFileSync(join(folder, 'sql', `${test}.sql`), 'utf8');
        const environment = { PG_ABS_SRCDIR: folder, PG_ABS_BUILDDIR: folder, PG_LIBDIR: folder, PG_DLSUFFIX: '.so' };
        let found = 0;
        for (const statement of readScript(text, environment)) {
          if (/^\s*(DROP\s+DATABASE|SELECT\s+pg_terminate)/i.test(statement.sql)) continue;
          const outcome = await session.run(statement);
          count(outcome.outcome);
          if (outcome.outcome !== 'compared') continue;
          for (const { problem, relations } of outcome.disagreements) {
            count(problem);
            found++;
            findings.push(JSON.stringify({ test, line: statement.line, problem, relations, sql: statement.sql }));
          }
        }
        await session.close().catch(() => undefined);
        if (found > 0) say(`${test}: ${found}`);
      }
    }
  } finally {
    await server.stop();
  }
  for (const [what, number] of totals) say(`${what}: ${number}`);
  const report = process.env.EFFECTS_REPORT;
  if (report !== undefined) writeFileSync(report, findings.map((line) => `${line}\n`).join(''));
  else for (const finding of findings) say(finding);
  return findings.length === 0 ? 0 : 1;
}
