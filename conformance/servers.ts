import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kit } from './kit.ts';
import type { ServerVersion } from './options.ts';
import { must, run } from './processes.ts';
import { eighteenPrograms } from './setup-eighteen.ts';

/** A throw-away PostgreSQL that the suites may wreck. */
export interface Server {
  readonly version: ServerVersion;
  /** As it says itself, "15.20". */
  readonly name: string;
  readonly port: number;
  /** Where the gate in front of it listens; the one that holds on the next. Fixed, so that outputs of two runs can be compared. */
  readonly gatePort: number;
  /** Folder with the client programs of its own version. */
  readonly programs: string;
  stop(): Promise<void>;
}

/** All below 32768, where the system hands out no ephemeral ports. */
const ports = { '15': { port: 15442, gatePort: 15500 }, '18': { port: 15443, gatePort: 15510 } } as const;

/** Starts a server with nothing in it, on the kit's terms (its settings and its mark that it may be wrecked). */
export async function startServer(kit: Kit, version: ServerVersion): Promise<Server> {
  const { port, gatePort } = ports[version];
  const programs = version === '15' ? '/usr/lib/postgresql/15/bin' : eighteenPrograms(kit);
  const log = join(kit.work, 'out', `cluster-${version}.log`);
  const env = { WORK: kit.work, OSUSER: kit.user, PORT: String(port), PGBIN: programs };
  const cluster = join(kit.scripts, 'cluster.sh');
  await run('bash', [cluster, 'destroy'], { log, env });
  if (version === '18') {
    // That build knows no TLS, which the kit's settings ask for: made, not started, and set right. No suite here needs it.
    await run('bash', [cluster, 'start'], { log, env });
    const settings = join(kit.work, 'cluster', `data-${port}`, 'postgresql.conf');
    await writeFile(settings, (await readFile(settings, 'utf8')).replace(/^ssl = on$/m, 'ssl = off'));
  }
  await must('bash', [cluster, 'start'], { log, env });
  const ask = [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    'postgres',
    '-d',
    'postgres',
    '-Atc',
    'show server_version',
  ];
  const name = await must(join(programs, 'psql'), ask, { log });
  return {
    version,
    name: name.trim().split(' ')[0] ?? version,
    port,
    gatePort,
    programs,
    stop: async () => {
      await run('bash', [cluster, 'destroy'], { log, env });
    },
  };
}
