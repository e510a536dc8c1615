import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Authority, Certificate } from './certificates.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export interface TlsPostgres extends TestPostgres {
  /** Holds the Unix socket, and whatever a test puts there; readable by the server. */
  readonly folder: string;
  /** Runs SQL as superuser, statement by statement. */
  run(...statements: string[]): Promise<void>;
  /** Serves this certificate from the next connection on. */
  serveCertificate(certificate: Certificate): Promise<void>;
}

/**
 * A cluster of its own with TLS, a Unix socket, and the given lines before the default one in pg_hba.conf. It takes client
 * certificates of `clientAuthority`.
 */
export async function startTlsPostgres(
  certificate: Certificate,
  hba: readonly string[],
  clientAuthority?: Authority,
): Promise<TlsPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-tls-'));
  await chmod(folder, 0o777);
  const hbaFile = join(folder, 'pg_hba.conf');
  await writeFile(hbaFile, `${[...hba, 'host all postgres 127.0.0.1/32 scram-sha-256'].join('\n')}\n`);
  const server = await startPostgres(['-c', `hba_file=${hbaFile}`, '-c', `unix_socket_directories=${folder}`]);
  const run = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ ...server, database: 'postgres' });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  let serial = 0;
  const serveCertificate = async ({ pem, keyPem }: Certificate): Promise<void> => {
    const [certFile, keyFile] = [join(folder, `server-${++serial}.crt`), join(folder, `server-${serial}.key`)];
    await writeFile(certFile, pem);
    await writeFile(keyFile, keyPem, { mode: 0o600 });
    if (process.getuid?.() === 0) await chown(keyFile, Number(execFileSync('id', ['-u', 'postgres'])), -1);
    await run(
      `ALTER SYSTEM SET ssl_cert_file = '${certFile}'`,
      `ALTER SYSTEM SET ssl_key_file = '${keyFile}'`,
      'ALTER SYSTEM SET ssl = on',
      'SELECT pg_reload_conf()',
    );
    // The postmaster reloads on its own time; a new backend inherits what it loaded.
    for (;;) {
      const client = new pg.Client({ ...server, database: 'postgres' });
      await client.connect();
      const { rows } = await client.query("SELECT current_setting('ssl') s, current_setting('ssl_cert_file') f");
      await client.end();
      if (rows[0].s === 'on' && rows[0].f === certFile) return;
    }
  };
  if (clientAuthority !== undefined) {
    await writeFile(join(folder, 'clients.pem'), clientAuthority.pem);
    await run(`ALTER SYSTEM SET ssl_ca_file = '${join(folder, 'clients.pem')}'`);
  }
  await serveCertificate(certificate);
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...server, folder, run, serveCertificate, stop };
}
