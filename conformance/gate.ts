import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createAgentKey } from '../src/gateway/identity/agent-keys.ts';
import type { Kit } from './kit.ts';
import type { Server } from './servers.ts';

/** A gate in front of a server. Any name of a database or a user passes; the password is the agent's key. */
export interface Gate {
  readonly port: number;
  readonly key: string;
  stop(): Promise<void>;
}

/** A connection that lets everything through to a server of the kit, which trusts whoever comes from this machine. */
export const openConnection = (server: Server) => ({
  name: 'conformance',
  upstream: {
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    user: 'postgres',
    sslmode: 'disable',
    requireAuth: ['none', 'scram-sha-256', 'md5'],
    credential: { from: 'none' },
  },
  environment: 'local',
  policy: 'observe',
  anyDatabase: true,
  anyUser: true,
});

/** Starts the built product as its users do, in a fresh data folder: `postern serve --config`. */
export async function startGate(kit: Kit, server: Server): Promise<Gate> {
  const root = join(import.meta.dirname, '..');
  const folder = await mkdtemp(join(tmpdir(), 'postern-conformance-'));
  const port = server.gatePort;
  const key = createAgentKey();
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      dataFolder: './data',
      // pg_regress and isolation run as PostgreSQL's own user, since they read what the server writes.
      listeners: [{ host: '127.0.0.1', port, allowedUsers: 'any' }],
      connections: [openConnection(server)],
      agents: [{ name: 'agent', key: { environment: 'POSTERN_AGENT_KEY' }, connections: ['conformance'] }],
      approvalDeadlineSeconds: 0,
    }),
  );
  const log = join(kit.work, 'out', `gate-${server.version}.log`);
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'postern.js'), 'serve', '--config', config, '--no-console'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, POSTERN_AGENT_KEY: key },
      detached: true, // Ctrl-C is ours to pass on, when the suites are over
    },
  );
  child.stderr.pipe(createWriteStream(log));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  };
  const first = createInterface({ input: child.stdout });
  const ready = await Promise.race([once(first, 'line').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error(`The gate did not start (was it built? npm run build). It said so in ${log}.`);
  return { port, key, stop };
}
