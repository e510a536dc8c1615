import { resolve } from 'node:path';
import { DeskError, type IdentityProvider, type TokenClient } from '../../contract/index.ts';
import { dataLayout } from '../desk/data-folder.ts';
import { openSettings } from '../desk/settings-file.ts';
import { readConfig } from '../headless/serve.ts';
import { accessToken } from '../sign-in/access-token.ts';
import { openBrowser } from '../sign-in/open-browser.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

/** How long a person may take to sign in, in milliseconds. */
const signInMs = 5 * 60_000;

export interface TokenCommand {
  readonly connection: string;
  /** Name of the provider, where several grant the connection. */
  readonly provider: string | undefined;
  readonly config: string | undefined;
}

/**
 * `postern token`: prints a fresh access token for a connection, and nothing else, to standard output:
 * `PGPASSWORD=$(postern token --connection shop) psql …`. Signs in as the provider's client is configured; no token is kept.
 */
export async function tokenCommand(options: TokenCommand, environment: CommandEnvironment): Promise<ExitCode> {
  const { say, variables, print } = environment;
  const { provider, client } = chosen(await configured(options, environment), options);
  const cancelled = new AbortController();
  const late = setTimeout(() => cancelled.abort(new Error('nobody signed in within five minutes')), signInMs);
  void environment.ended().then((signal) => cancelled.abort(new Error(`ended by ${signal}`)));
  try {
    const token = await accessToken({
      provider,
      client,
      connection: options.connection,
      environment: variables,
      now: Date.now,
      person: {
        say,
        signal: cancelled.signal,
        openBrowser: (url) => openBrowser(url, process.platform, variables),
      },
    });
    print(`${token}\n`);
    return 0;
  } finally {
    clearTimeout(late);
  }
}

async function configured(
  { config }: TokenCommand,
  { dataFolder }: CommandEnvironment,
): Promise<readonly IdentityProvider[]> {
  if (config !== undefined) return readConfig(resolve(config)).identityProviders;
  return (await openSettings(dataLayout(dataFolder).settings)).current().identityProviders;
}

function chosen(
  providers: readonly IdentityProvider[],
  { connection, provider: wanted }: TokenCommand,
): { readonly provider: IdentityProvider; readonly client: TokenClient } {
  const able = providers.flatMap((provider) => {
    const { name, client, grants } = provider;
    const granted = grants.some(({ connections }) => connections.includes(connection));
    return client !== undefined && granted && (wanted === undefined || name === wanted) ? [{ provider, client }] : [];
  });
  const [only, ...more] = able;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) {
    throw new DeskError(
      'config_no_provider',
      `No identity provider${wanted === undefined ? '' : ` named ${wanted}`} with a client grants the connection ${connection}.`,
      'Give "identityProviders" an entry with "client" and a grant for it (docs/identity.md).',
    );
  }
  throw new DeskError(
    'usage',
    `Several identity providers grant ${connection}: ${able.map(({ provider: { name } }) => name).join(', ')}.`,
    'Choose one with --provider NAME.',
  );
}
