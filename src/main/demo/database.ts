import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DeskError } from '../../contract/index.ts';
import { demoDatabaseName, demoRole } from './connection.ts';
import { embeddedServer } from './embedded-server.ts';
import { endOrphan } from './postmaster.ts';
import { runSeed } from './seed.ts';

/** A running demo database, and the password of the role that the gate logs in with. */
export interface DemoDatabase {
  readonly port: number;
  readonly password: string;
  stop(): Promise<void>;
}

export interface DemoDatabaseOptions {
  /** Where the cluster is kept between starts. */
  readonly folder: string;
  /** Folder with the *.sql files that fill it. */
  readonly seedFolder: string;
  readonly progress: (what: string) => void;
}

const superuser = 'postgres';
const newPassword = (): string => randomBytes(24).toString('base64url');

/**
 * Starts PostgreSQL from its npm package, fills it on the first start, and gives the gate's role a new random password,
 * which only this process knows. The superuser's password lies beside the cluster with mode 0600: whoever can read it
 * owns the cluster's files anyway. As root the cluster is temporary, because PostgreSQL then runs as another user, who
 * may not enter our folders. Rejects with DeskError `demo_database_failed`; nothing is left running.
 */
export async function startDemoDatabase(options: DemoDatabaseOptions): Promise<DemoDatabase> {
  const asRoot = process.getuid?.() === 0;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = asRoot ? await temporaryFolder(options.folder) : options.folder;
  const cluster = join(folder, 'cluster');
  const mark = join(folder, 'superuser.json');
  const known = await readMark(mark);
  const firstPassword = known ?? newPassword();
  let password = firstPassword;
  const port = await freePort();
  const server = await embeddedServer({ cluster, port, superuser, password: firstPassword, asRoot });
  const administer = <T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> =>
    withClient({ host: '127.0.0.1', port, user: superuser, password, database }, work);
  const stop = async (): Promise<void> => {
    await server.stop();
    if (!asRoot) return;
    await rm(folder, { recursive: true, force: true });
    await rm(join(options.folder, 'place'), { force: true });
  };
  try {
    await endOrphan(cluster, (at) => servesCluster(at, known, cluster));
    if (known === null) {
      options.progress(
        asRoot ? 'Making the demo database (as root, anew at each start)' : 'Making the demo database (once)',
      );
      await rm(cluster, { recursive: true, force: true });
      await server.initialise();
    }
    await server.start();
    if (known === null) {
      await administer('postgres', async (client) => {
        const ownPassword = newPassword();
        await client.query(`ALTER ROLE ${superuser} PASSWORD ${client.escapeLiteral(ownPassword)}`);
        password = ownPassword;
        await client.query(`CREATE ROLE shop_owner NOLOGIN`);
        await client.query(`CREATE ROLE ${demoRole} LOGIN`);
        await client.query(`CREATE DATABASE ${demoDatabaseName} OWNER shop_owner`);
      });
      await administer(demoDatabaseName, (client) => runSeed(client, options.seedFolder));
      await writeFile(mark, `${JSON.stringify({ password })}\n`, { mode: 0o600 });
    }
    const rolePassword = newPassword();
    await administer('postgres', (client) =>
      client.query(`ALTER ROLE ${demoRole} PASSWORD ${client.escapeLiteral(rolePassword)}`),
    );
    return { port, password: rolePassword, stop };
  } catch (error) {
    await stop().catch(() => undefined); // what failed first is the answer
    const what = error instanceof Error ? error.message : server.lastWords();
    throw new DeskError(
      'demo_database_failed',
      `The demo database did not start: ${what ?? 'PostgreSQL ended at once'}.`,
      `Nothing else was started. If it was damaged, remove ${folder} and start again; the demo’s rows are then made anew.`,
    );
  }
}

/**
 * A folder that PostgreSQL's own user may enter, for when we are root. Its place is noted, so that a start after a crash
 * ends the server that was left there and removes it.
 */
async function temporaryFolder(home: string): Promise<string> {
  const note = join(home, 'place');
  const left = await readFile(note, 'utf8').catch(() => null);
  if (left !== null) {
    const cluster = join(left, 'cluster');
    const password = await readMark(join(left, 'superuser.json'));
    await endOrphan(cluster, (port) => servesCluster(port, password, cluster));
    await rm(left, { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(tmpdir(), 'postern-demo-'));
  await chmod(folder, 0o711);
  await writeFile(note, folder, { mode: 0o600 });
  return folder;
}

/** The superuser's password, once the cluster is complete; a cluster without this mark is half made and is made anew. */
async function readMark(path: string): Promise<string | null> {
  try {
    const { password } = JSON.parse(await readFile(path, 'utf8')) as { password?: unknown };
    return typeof password === 'string' ? password : null;
  } catch {
    return null;
  }
}

/** Whether the server on a port is the one of this cluster. Only it knows the password. */
function servesCluster(port: number, password: string | null, cluster: string): Promise<boolean> {
  if (password === null) return Promise.resolve(false);
  return withClient({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' }, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory === cluster;
  });
}

/** Connects, works, and disconnects whatever happens. */
export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  client.on('error', () => undefined); // a connection that breaks makes the pending query reject
  await client.connect();
  return work(client).finally(() => client.end());
}

/** A free port below 32768: the system hands those out to nobody by chance. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer()
        .once('error', () => resolve(false))
        .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
