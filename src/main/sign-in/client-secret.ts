import { DeskError, type PassphraseSource } from '../../contract/index.ts';
import { type CommandRunner, runCommand } from '../../gateway/upstream/run-command.ts';

export interface ClientSecretsOptions {
  /** A variable with a secret is deleted from it once read. Hand in `process.env`. */
  readonly environment: Record<string, string | undefined>;
  readonly run?: CommandRunner | undefined;
  /** Of clients that are known already: their variables are taken at once, before anything else can read them there. */
  readonly sources?: readonly PassphraseSource[] | undefined;
}

/** Gets the secret of a client. Rejects with DeskError `client_secret_missing`. */
export type ClientSecrets = (source: PassphraseSource) => Promise<string>;

/** Secrets of clients: a variable is read once and remembered, a command runs each time. */
export function createClientSecrets({
  environment,
  run = runCommand,
  sources = [],
}: ClientSecretsOptions): ClientSecrets {
  const variables = new Map<string, string>();
  const take = (variable: string): void => {
    const found = environment[variable] ?? '';
    delete environment[variable];
    if (found !== '') variables.set(variable, found);
  };
  for (const source of sources) if (source.from === 'environment') take(source.variable);
  return async (source) => {
    if (source.from === 'command') {
      const output = await run(source.command).catch((error: Error) => {
        throw missing(`the command "${source.command[0]}" gave none: ${error.message}`);
      });
      const secret = output.replace(/\r?\n$/, '');
      if (secret === '') throw missing('it printed nothing');
      return secret;
    }
    const { variable } = source;
    take(variable);
    const secret = variables.get(variable);
    if (secret === undefined) throw missing(`${variable} is not set`);
    return secret;
  };
}

const missing = (why: string): DeskError =>
  new DeskError(
    'client_secret_missing',
    `There is no secret of the client: ${why}.`,
    'The provider’s "client" says where it comes from.',
  );
