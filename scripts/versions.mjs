// The integration tests on other versions of PostgreSQL: `npm run versions [-- 14 16] [test/gateway/masking …]`.
// CONTRIBUTING.md describes it. It is no part of `npm test`, which stays on 18 and downloads nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPostgres, packages } from './postgres-binaries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
/** What `npm ci` brings. */
const own = '18';
/** Of a test that says itself, by `since` or `upTo` of test/support/since.ts, that it says nothing about this version. */
const notApplicable = /\[not applicable: (.*)\]$/;

const given = process.argv.slice(2);
const majors = given.filter((one) => /^\d+$/.test(one));
const files = given.filter((one) => !/^\d+$/.test(one));

/** Runs the tests on one version; what became of them. A file that broke before its tests counts as one failure. */
function run(major) {
  const folder = major === own ? undefined : fetchPostgres(major);
  const out = mkdtempSync(join(tmpdir(), 'postern-versions-'));
  const report = join(out, 'report.json');
  process.stderr.write(`\nPostgreSQL ${major}\n`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', 'integration', ...reporters, ...files];
  const env = { ...process.env, ...(folder === undefined ? {} : { POSTERN_TEST_POSTGRES: folder }) };
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2], env });
  const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
  rmSync(out, { recursive: true });
  return { major, ...count(results, status) };
}

function count(results, status) {
  const tests = results.flatMap(({ assertionResults }) => assertionResults);
  const having = (one) => tests.filter(({ status: its }) => its === one);
  const skipped = tests.filter((one) => !['passed', 'failed'].includes(one.status));
  const excused = skipped.filter(({ title }) => notApplicable.test(title));
  const broken = results.filter(
    ({ status: its, assertionResults }) => its === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  );
  const failures = [
    ...having('failed').map(({ fullName }) => fullName),
    ...broken.map(({ name }) => `${name.replace(root, '')} broke before its tests`),
    ...skipped.filter((one) => !excused.includes(one)).map(({ fullName }) => `${fullName} did not run`),
  ];
  // vitest also fails for what no test owns, an unhandled rejection for instance.
  if (status !== 0 && failures.length === 0) failures.push(`vitest ended with ${status}`);
  return { passed: having('passed').length, failures, excused: excused.map(({ fullName }) => fullName) };
}

const outcomes = (majors.length > 0 ? majors : Object.keys(packages)).map(run);
const cells = [
  ['PostgreSQL', 'passed', 'failed', 'not applicable'],
  ...outcomes.map(({ major, passed, failures, excused }) =>
    [major, passed, failures.length, excused.length].map(String),
  ),
];
const line = (row) => row.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(at === 3 ? 16 : 8))).join('');
const remarks = outcomes.flatMap(({ major, failures, excused }) => [
  ...failures.map((name) => `${major} failed: ${name}`),
  ...excused.map((name) => `${major}: ${name}`),
]);
process.stdout.write(`\n${cells.map(line).join('\n')}\n\n${remarks.map((one) => `${one}\n`).join('')}`);
process.exitCode = outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0;
