import { DeskError, type IdentityProvider, type PassphraseSource, type TokenClient } from '../../contract/index.ts';
import { ClaimError, readClaims } from '../../gateway/identity/claims.ts';
import { decodeToken } from '../../gateway/identity/jwt.ts';
import { grantedConnections } from '../../gateway/identity/rights.ts';
import { type CommandRunner, runCommand } from '../../gateway/upstream/run-command.ts';
import { flows, type Person } from './flows.ts';
import { exchangeToken, openProvider, whyNot } from './provider-client.ts';

export interface AccessTokenOptions {
  readonly provider: IdentityProvider;
  readonly client: TokenClient;
  /** The connection that the token is wanted for. */
  readonly connection: string;
  readonly person: Person;
  /** A variable with the client's secret is deleted from it once read. */
  readonly environment: Record<string, string | undefined>;
  readonly run?: CommandRunner;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A fresh access token that the gate will take for a connection. Rejects with DeskError: `client_secret_missing`,
 * `provider_unreachable`, `sign_in_failed` with the provider's words, `token_useless` when the gate would refuse it.
 */
export async function accessToken(options: AccessTokenOptions): Promise<string> {
  const { provider, client, person, connection, now } = options;
  const secret = client.secret === undefined ? null : await secretOf(client.secret, options);
  const configuration = await openProvider(provider, client, secret);
  const fail = (error: unknown): never => {
    throw new DeskError(
      'sign_in_failed',
      `${provider.name} gave no token: ${whyNot(error)}`,
      'Look at the client in the provider’s own administration: its flow, its redirect URIs, its scopes.',
    );
  };
  const { access_token: first } = await flows[client.flow](configuration, client, person).catch(fail);
  const token =
    client.exchange === undefined
      ? first
      : (await exchangeToken(configuration, first, client.exchange).catch(fail)).access_token;
  const problem = whyUseless(token, provider, connection, now());
  if (problem === null) return token;
  throw new DeskError(
    'token_useless',
    `${provider.name} gave a token that would be refused: ${problem}`,
    'Parameters such as "resource" or "audience" under the provider’s client, and its grants, decide that.',
  );
}

/** What the gate would say to a token, as far as that can be told without its signature; null when nothing. */
function whyUseless(token: string, provider: IdentityProvider, connection: string, now: number): string | null {
  const decoded = decodeToken(token);
  if (typeof decoded === 'string') return `it is no signed JWT (${decoded})`;
  const { header, payload } = decoded;
  if (payload.iss !== provider.issuer) return `it is of the issuer ${JSON.stringify(payload.iss)}`;
  if (provider.tokenType === 'at+jwt' && !/^(application\/)?at\+jwt$/i.test(String(header.typ))) {
    return `its type is ${JSON.stringify(header.typ) ?? 'missing'}, not "at+jwt"; "tokenType": "any" takes it`;
  }
  try {
    const asker = readClaims(payload, provider, now);
    if (grantedConnections(provider.grants, asker, now).includes(connection)) return null;
    return `no grant of ${provider.name} gives ${connection} to subject ${asker.facts.subject}, client ${asker.facts.client}, groups ${asker.groups.join(', ') || 'none'}`;
  } catch (error) {
    if (error instanceof ClaimError) return `it ${error.message}`;
    throw error;
  }
}

async function secretOf(
  source: PassphraseSource,
  { environment, run = runCommand }: AccessTokenOptions,
): Promise<string> {
  const secret =
    source.from === 'environment'
      ? takeVariable(environment, source.variable)
      : await run(source.command).then(
          (output) => output.replace(/\r?\n$/, ''),
          (error: Error) => {
            throw missing(`the command "${source.command[0]}" gave none: ${error.message}`);
          },
        );
  if (secret === '')
    throw missing(source.from === 'environment' ? `${source.variable} is not set` : 'it printed nothing');
  return secret;
}

function takeVariable(environment: Record<string, string | undefined>, name: string): string {
  const value = environment[name] ?? '';
  delete environment[name];
  return value;
}

const missing = (why: string): DeskError =>
  new DeskError(
    'client_secret_missing',
    `There is no secret of the client: ${why}.`,
    'The provider’s "client" says where it comes from.',
  );
