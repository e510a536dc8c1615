import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDrivers } from './drivers.ts';
import type { Kit } from './kit.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { run } from './processes.ts';
import type { Server } from './servers.ts';
import { eighteenWork } from './setup-eighteen.ts';

/** Where a suite runs: a server itself, or a gate in front of it. */
export interface Place {
  readonly kit: Kit;
  readonly server: Server;
  readonly port: number;
  /** The server itself trusts everybody, and is given the same. */
  readonly password: string;
}

/** A suite and what it needs. */
interface Suite {
  readonly name: string;
  /** True for a suite that only means something at a gate that holds and refuses. */
  readonly holds?: true;
  run(place: Place): Promise<Outcome>;
}

const script =
  (name: string, env: Readonly<Record<string, string>> = {}, output: (place: Place) => string | null = () => null) =>
  async (place: Place): Promise<Outcome> => {
    const { kit, port, server } = place;
    const log = join(kit.work, 'out', `${name.replace('/', '-')}-${server.version}-${port}.log`);
    const { output: said } = await run('bash', [join(kit.scripts, `${name}.sh`), '127.0.0.1', String(port)], {
      log,
      env: { ...defaults(place), ...env, ...only(place, name) },
    });
    return readOutcome(said, port, (test) => diffOf(output(place), test));
  };

function defaults({ kit, server, password }: Place): Record<string, string> {
  return {
    WORK: kit.work,
    OSUSER: kit.user,
    PGUSER: 'postgres',
    PGPASSWORD: password,
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(server.port),
    PGBIN: server.programs,
    PSQL: join(server.programs, 'psql'),
    V: server.version,
  };
}

/** The kit's isolation script knows one version, so 18 is shown to it under the name of 15. */
const only = ({ kit, server }: Place, name: string): Record<string, string> =>
  name === 'run_isolation' && server.version === '18' ? { WORK: eighteenWork(kit) } : {};

/** The part of a regression.diffs that is about one test. */
function diffOf(folder: string | null, test: string): string {
  const file = join(folder ?? '', 'regression.diffs');
  if (folder === null || !existsSync(file)) return '';
  const parts = readFileSync(file, 'utf8').split(/^(?=diff )/m);
  return parts.find((part) => part.split('\n', 1)[0]?.endsWith(`/${test}.out`)) ?? '';
}

/** All suites, in the order in which they run: `dump` and `sqlsmith` take the database that `pg_regress` leaves. */
export const suites: readonly Suite[] = [
  { name: 'libpq_pipeline', run: script('run_libpq_pipeline') },
  {
    name: 'pg_regress',
    run: script('run_pg_regress', {}, ({ kit, server, port }) =>
      join(kit.work, 'out', `pg_regress${server.version}-${port}`),
    ),
  },
  {
    name: 'isolation',
    run: script('run_isolation', {}, ({ kit, port }) => join(kit.work, 'out', `isolation-${port}`, 'output_iso')),
  },
  { name: 'dump', run: script('run_dump') },
  { name: 'pgbench', run: script('run_pgbench', { SECS: '2', CONNS: '100' }) },
  { name: 'sqlsmith', run: script('run_sqlsmith', { N: '1000' }) },
  { name: 'hold', holds: true, run: script('hold/run_hold') },
  { name: 'drivers', run: runDrivers },
];

/** Their names, as `--only` takes them. */
export const suiteNames = suites.map(({ name }) => name);
