import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Cli, startCli } from './cli.ts';

export interface OpenApp {
  readonly cli: Cli;
  readonly folder: string;
  /** The one-time sign-in link of the console. */
  readonly link: string;
  /** The agent's ready address. */
  readonly url: string;
  agent(more?: pg.ClientConfig): Promise<pg.Client>;
  close(): Promise<void>;
}

/** `postern open` as a new user runs it, with nothing configured: demo database, console in the browser. */
export async function openApp(): Promise<OpenApp> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-app-'));
  const cli = startCli(['open', '--console', '--data-folder', folder], { NO_COLOR: '1' });
  let output = '';
  const printed = await new Promise<string>((resolve, reject) => {
    cli.process.stdout?.on('data', (chunk) => {
      output += String(chunk);
      if (output.includes('Ctrl+C')) resolve(output);
    });
    void cli.ended.then(({ stderr }) => reject(new Error(`postern open ended: ${stderr}`)));
  });
  const link = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(printed)?.[0];
  const url = /postgresql:\/\/\S+\/demo/.exec(printed)?.[0];
  if (link === undefined || url === undefined) throw new Error(`no link or address in: ${printed}`);
  const agents: pg.Client[] = [];
  return {
    cli,
    folder,
    link,
    url,
    async agent(more = {}) {
      const client = new pg.Client({ connectionString: url, ...more });
      client.on('error', () => undefined); // ends of connections are asserted on where they matter
      await client.connect();
      agents.push(client);
      return client;
    },
    async close() {
      await Promise.all(agents.map((client) => client.end().catch(() => undefined)));
      cli.process.kill('SIGTERM');
      await cli.ended;
    },
  };
}
