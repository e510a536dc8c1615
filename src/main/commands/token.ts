import { dirname, resolve } from 'node:path';
import { DeskError, type IdentityProvider } from '../../contract/index.ts';
import { dataLayout } from '../desk/data-folder.ts';
import { openSettings } from '../desk/settings-file.ts';
import { readConfig } from '../headless/serve.ts';
import { accessToken } from '../sign-in/access-token.ts';
import { chooseProvider, type ProviderWithClient } from '../sign-in/choose-provider.ts';
import { createClientSecrets } from '../sign-in/client-secret.ts';
import type { SignInPlace } from '../sign-in/flows.ts';
import { openBrowser } from '../sign-in/open-browser.ts';
import { runErrand } from '../sign-in/run-errand.ts';
import { signInMs } from '../sign-in/sign-ins.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

export interface TokenCommand {
  readonly connection: string;
  /** Name of the provider, where several grant the connection. */
  readonly provider: string | undefined;
  readonly config: string | undefined;
  /** Signs in by itself, whatever Postern runs here. */
  readonly signIn: boolean;
}

/**
 * `postern token`: prints a fresh access token for a connection, and nothing else, to standard output:
 * `PGPASSWORD=$(postern token --connection shop) psql …`. Where a Postern of this data folder runs and the operator is signed
 * in there, its desk is asked; else it signs in as the provider's client is configured, and keeps nothing.
 */
export async function tokenCommand(options: TokenCommand, environment: CommandEnvironment): Promise<ExitCode> {
  const { say, variables, print } = environment;
  const { connection, provider: wanted } = options;
  const { providers, folder } = await configured(options, environment);
  const chosen = chooseProvider(providers, connection, wanted);
  const cancelled = new AbortController();
  const late = setTimeout(() => cancelled.abort(new Error('nobody signed in within five minutes')), signInMs);
  void environment.ended().then((signal) => cancelled.abort(new Error(`ended by ${signal}`)));
  try {
    const fromDesk = options.signIn ? null : await askDesk(chosen, connection, folder, cancelled.signal, say);
    const token =
      fromDesk ??
      (await accessToken({
        ...chosen,
        connection,
        secrets: createClientSecrets({ environment: variables }),
        now: Date.now,
        person: {
          show: (place) => sayWhere(place, say),
          signal: cancelled.signal,
          openBrowser: (url) => openBrowser(url, process.platform, variables),
        },
      }));
    print(`${token}\n`);
    return 0;
  } finally {
    clearTimeout(late);
  }
}

/** The token that the operator gives at the desk of a Postern that runs here; null when there is none, or nobody is signed in. */
async function askDesk(
  { provider, client }: ProviderWithClient,
  connection: string,
  folder: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<string | null> {
  const path = dataLayout(folder).tokenSocket;
  if (path === null || client.flow === 'client_credentials') return null;
  return runErrand(path, { connection, provider: provider.name }, signal, (code) =>
    say(`Waiting for the desk: allow the token with the code ${code} there.`),
  ).catch((error: unknown) => {
    if (!(error instanceof DeskError) || error.code !== 'not_signed_in') throw error;
    return null;
  });
}

function sayWhere({ url, opened, code }: SignInPlace, say: (line: string) => void): void {
  if (code === null) {
    say(`${opened ? 'Sign in in the browser. If it did not open, go to' : 'Sign in at'} ${url}`);
    return;
  }
  say(`On any device, open ${url} and enter the code ${code.typed}`);
  if (code.complete !== null) say(`or open ${code.complete}`);
}

async function configured(
  { config }: TokenCommand,
  { dataFolder }: CommandEnvironment,
): Promise<{ readonly providers: readonly IdentityProvider[]; readonly folder: string }> {
  if (config === undefined) {
    const settings = await openSettings(dataLayout(dataFolder).settings);
    return { providers: settings.current().identityProviders, folder: dataFolder };
  }
  const path = resolve(config);
  const { identityProviders: providers, dataFolder: named } = readConfig(path);
  return { providers, folder: named === undefined ? dataFolder : resolve(dirname(path), named) };
}
