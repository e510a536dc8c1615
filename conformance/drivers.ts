import { cpSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kit } from './kit.ts';
import type { Outcome } from './outcome.ts';
import { normalise } from './outcome.ts';
import { must, run } from './processes.ts';
import type { Place } from './suites.ts';

const programs = join(import.meta.dirname, 'drivers');
/** What the Node programs load, with pg and postgres, which the kit's own set-up brings in whatever version is new. */
const packages = {
  'pg-cursor': '2.22.0',
  'pg-copy-streams': '7.0.0',
  'pg-query-stream': '4.17.0',
  knex: '3.3.0',
  'drizzle-orm': '0.45.4',
  sequelize: '6.37.8',
  typeorm: '1.1.1',
  'reflect-metadata': '0.2.2',
};

/** A line of a program that tells a step; the others are warnings of runtimes and the like. */
const stepLine =
  /^((?:pg|postgres\.js|psycopg2?|asyncpg|pgjdbc|pgx|tokio-postgres|knex|drizzle|sequelize|typeorm)\b[^:]*): (.*)$/;

/** One program that exercises drivers: it prints `step: outcome` lines. What it needs that is missing leaves it out. */
interface Exercise {
  readonly name: string;
  /** Makes it ready; the command that runs it. */
  prepare(kit: Kit, log: string): Promise<readonly string[]>;
}

const exercises: readonly Exercise[] = [
  { name: 'node', prepare: (kit, log) => node(kit, log, 'node.mjs') },
  { name: 'orm', prepare: (kit, log) => node(kit, log, 'orm.mjs') },
  {
    name: 'python',
    prepare: async ({ work }) => [join(work, 'venv', 'bin', 'python'), join(programs, 'python.py')],
  },
  {
    name: 'java',
    prepare: async ({ work }) => {
      const jar = join(work, 'jdbc', 'usr', 'share', 'java', 'postgresql.jar');
      return ['java', '-cp', jar, join(programs, 'Jdbc.java')];
    },
  },
  {
    name: 'go',
    prepare: async ({ work }, log) => {
      const folder = copied(work, 'go');
      await must('go', ['mod', 'tidy'], { log, cwd: folder });
      await must('go', ['build', '-o', 'pgx', '.'], { log, cwd: folder });
      return [join(folder, 'pgx')];
    },
  },
  {
    name: 'rust',
    prepare: async ({ work }, log) => {
      const folder = copied(work, 'rust');
      await must('cargo', ['build', '-q'], { log, cwd: folder });
      return [join(folder, 'target', 'debug', 'conformance')];
    },
  },
];

/**
 * Drivers as their users use them: every step's outcome is compared, an error's words included. A step that fails with
 * the same error at the server itself is as it should be.
 */
export async function runDrivers({ kit, server, port, password }: Place): Promise<Outcome> {
  const started = performance.now();
  const findings = new Map<string, string>();
  await mkdir(join(kit.work, 'out'), { recursive: true });
  for (const { name, prepare } of exercises) {
    const log = join(kit.work, 'out', `drivers-${name}-${server.version}-${port}.log`);
    let command: readonly string[];
    try {
      command = await prepare(kit, log);
    } catch (error) {
      findings.set(name, `not run: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const env = { WORK: kit.work, PGUSER: 'postgres', PGPASSWORD: password };
    const args = [...command.slice(1), '127.0.0.1', String(port)];
    const { exitCode, output } = await run(command[0] ?? '', args, { log, env, limit: 600 });
    for (const line of output.split('\n')) {
      const [, step, outcome] = stepLine.exec(line) ?? [];
      if (step !== undefined) findings.set(step, normalise(outcome ?? '', port));
    }
    findings.set(`${name}, exit code`, String(exitCode));
  }
  const failed = [...findings].filter(
    ([step, text]) => text.startsWith('not run') || (step.endsWith('exit code') && text !== '0'),
  );
  return {
    passed: findings.size - failed.length,
    failed: failed.length,
    findings,
    seconds: (performance.now() - started) / 1000,
  };
}

async function node({ work }: Kit, log: string, program: string): Promise<string[]> {
  const folder = join(work, 'drv');
  if (!Object.keys(packages).every((name) => existsSync(join(folder, 'node_modules', name)))) {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    await must('npm', ['install', ...quiet, ...Object.entries(packages).map((pair) => pair.join('@'))], {
      log,
      cwd: folder,
    });
  }
  return [process.execPath, join(programs, program)];
}

/** A copy to build in, so that nothing that is built lies in the repository. */
function copied(work: string, name: string): string {
  const folder = join(work, `drv-${name}`);
  cpSync(join(programs, name), folder, { recursive: true });
  return folder;
}
