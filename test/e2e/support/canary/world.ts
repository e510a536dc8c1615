import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { hashAgentKey } from '../../../../src/gateway/identity/agent-keys.ts';
import { startPostgres } from '../../../support/postgres.ts';
import { type Canary, hatch } from './canary.ts';

/** Passwords by the source that each comes from, and other secrets that the product is shown. */
export interface Canaries {
  readonly command: Canary;
  readonly environment: Canary;
  readonly pgpass: Canary;
  readonly prompt: Canary;
  readonly service: Canary;
  readonly refused: Canary;
  readonly failing: Canary;
  readonly malformed: Canary;
  readonly readable: Canary;
  readonly tried: Canary;
  readonly agentKey: Canary;
  readonly wrongKey: Canary;
  readonly token: Canary;
}

export interface CanaryWorld {
  readonly canaries: Canaries;
  /** Everything that the product may write to is below it. */
  readonly folder: string;
  /** Files of ours with a secret in them, as a password manager or libpq would have. */
  readonly secretsOf: (path: string) => boolean;
  readonly config: string;
  readonly environment: Record<string, string>;
  readonly upstreamPort: number;
  stop(): Promise<void>;
}

const tokenHead = ['{"alg":"RS256","typ":"at+jwt"}', '{"iss":"https://nobody.example"}']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

/** Roles of the server, each with the way in which its password travels. */
const roles = {
  command: 'scram-sha-256',
  environment: 'password',
  pgpass: 'scram-sha-256',
  prompt: 'password',
} as const;

/**
 * A server that asks for passwords in three ways, and a configuration with each source of a password: good ones, a wrong one,
 * and commands and files that fail.
 */
export async function startCanaryWorld(): Promise<CanaryWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-canary-'));
  await chmod(folder, 0o755);
  const canaries: Canaries = {
    command: hatch('command', 'r_command'),
    environment: hatch('environment', 'r_environment'),
    pgpass: hatch('pgpass', 'r_pgpass'),
    prompt: hatch('prompt', 'r_prompt'),
    service: hatch('service', 'r_service', (core) => `s=${core} #`),
    refused: hatch('refused', 'r_command'),
    failing: hatch('failing'),
    malformed: hatch('malformed'),
    readable: hatch('readable'),
    tried: hatch('tried', 'r_prompt'),
    agentKey: hatch('agent key', null, (core) => `pstn_${core}`),
    wrongKey: hatch('wrong key', null, (core) => `pstn_${core}`),
    // Who issued a token is no secret, and is told to the operator; its signature is what makes it one.
    token: hatch('token', null, (core) => `${tokenHead}.${core}`),
  };
  const hba = join(folder, 'pg_hba.conf');
  const lines = [
    ...Object.entries(roles).map(([name, method]) => `host all r_${name} 127.0.0.1/32 ${method}`),
    'host all r_service 127.0.0.1/32 md5',
    'host all postgres 127.0.0.1/32 scram-sha-256',
  ];
  await writeFile(hba, `${lines.join('\n')}\n`, { mode: 0o644 });
  const server = await startPostgres(['-c', `hba_file=${hba}`]);
  await makeRoles(server, canaries);
  const environment = await writeSecrets(folder, canaries, server.port);
  const config = join(folder, 'postern.json');
  await writeFile(config, JSON.stringify(configuration(folder, canaries, server.port)));
  return {
    canaries,
    folder,
    secretsOf: (path) => path.startsWith(join(folder, 'home')) || path.startsWith(join(folder, 'secrets')),
    config,
    environment,
    upstreamPort: server.port,
    stop: () => server.stop(),
  };
}

async function makeRoles(server: pg.ClientConfig, canaries: Canaries): Promise<void> {
  const client = new pg.Client({ ...server, database: 'postgres' });
  await client.connect();
  for (const name of ['command', 'environment', 'pgpass', 'prompt', 'service'] as const) {
    if (name === 'service') await client.query("SET password_encryption = 'md5'");
    const { role, secret } = canaries[name];
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(secret)}`);
  }
  await client.end();
}

/** Puts the secrets where the sources look for them; returns the environment of the product. */
async function writeSecrets(folder: string, canaries: Canaries, port: number): Promise<Record<string, string>> {
  const [home, secrets, temporary] = ['home', 'secrets', 'tmp'].map((name) => join(folder, name));
  if (home === undefined || secrets === undefined || temporary === undefined) throw new Error('three folders');
  for (const made of [home, secrets, temporary]) await mkdir(made, { mode: 0o700 });
  const escaped = (canary: Canary): string => canary.secret.replaceAll(/[\\:]/g, '\\$&');
  const put = (path: string, text: string, mode = 0o600) => writeFile(path, text, { mode });
  await put(join(home, '.pgpass'), `127.0.0.1:${port}:*:r_pgpass:${escaped(canaries.pgpass)}\n`);
  await put(
    join(home, '.pg_service.conf'),
    `[canary]\nhost=127.0.0.1\nport=${port}\ndbname=postgres\nuser=r_service\nsslmode=disable\nrequire_auth=md5\npassword=${canaries.service.secret}\n`,
  );
  await put(join(secrets, 'open'), `*:*:*:*:${escaped(canaries.readable)}\n`, 0o644);
  await put(
    join(secrets, 'command'),
    JSON.stringify({ token: canaries.command.secret, expires_on: Date.now() + 3_600_000 }),
  );
  await put(join(secrets, 'refused'), `${canaries.refused.secret}\n`);
  await put(join(secrets, 'malformed'), `{"token": ${canaries.malformed.secret}`);
  const script = `printf '%s\\n' '${canaries.failing.core}'; printf '%s\\n' '${canaries.failing.core}' >&2; exit 3`;
  await put(join(secrets, 'failing.sh'), script);
  return { HOME: home, TMPDIR: temporary, CANARY_PASSWORD: canaries.environment.secret };
}

function configuration(folder: string, { agentKey }: Canaries, port: number): unknown {
  const secret = (name: string): string => join(folder, 'secrets', name);
  const connection = (
    name: string,
    credential: unknown,
    user = `r_${name}`,
    requireAuth: string = 'scram-sha-256',
  ) => ({
    name,
    environment: 'local',
    policy: 'observe',
    upstream: {
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user,
      sslmode: 'disable',
      requireAuth: [requireAuth],
      credential,
    },
  });
  const connections = [
    connection('command', {
      from: 'command',
      command: ['cat', secret('command')],
      field: 'token',
      expiryField: 'expires_on',
    }),
    connection('environment', { from: 'environment', variable: 'CANARY_PASSWORD' }, 'r_environment', 'password'),
    connection('pgpass', { from: 'pgpass' }),
    connection('prompt', { from: 'prompt' }, 'r_prompt', 'password'),
    { name: 'service', environment: 'local', policy: 'observe', upstream: { service: 'canary' } },
    connection('refused', { from: 'command', command: ['cat', secret('refused')] }, 'r_command'),
    connection('failing', { from: 'command', command: ['sh', secret('failing.sh')] }, 'r_command'),
    connection('malformed', { from: 'command', command: ['cat', secret('malformed')], field: 'token' }, 'r_command'),
    connection('readable', { from: 'pgpass', file: secret('open') }, 'r_command'),
  ];
  return {
    dataFolder: 'data',
    listeners: [{ port: 0 }],
    connections,
    agents: [
      {
        name: 'claude',
        key: { hash: hashAgentKey(agentKey.secret) },
        connections: connections.map(({ name }) => name),
      },
      { name: 'other', key: { hash: randomBytes(32).toString('hex') }, connections: ['command'] },
    ],
  };
}
