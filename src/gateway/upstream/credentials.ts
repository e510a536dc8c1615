import { inspect } from 'node:util';
import { assertNever, type CommandSource, type ConnectionConfig, messageOf } from '../../contract/index.ts';
import { CommandSecrets } from './command-secrets.ts';
import { UpstreamError } from './error.ts';
import { passwordFromFile, passwordOfService } from './libpq/passwords.ts';
import type { PasswordKey } from './libpq/pgpass.ts';
import { type CommandRunner, runCommand } from './run-command.ts';

/** As whom, and to which database, a session logs in. */
export type Login = Pick<PasswordKey, 'database' | 'user'>;

export interface CredentialVaultOptions {
  /** Variables that hold passwords are read once and deleted from it; libpq's files are found by it. Hand in `process.env`. */
  readonly environment: Record<string, string | undefined>;
  readonly run?: CommandRunner | undefined;
  /** Milliseconds since the epoch: some secrets say when they expire. */
  readonly clock?: (() => number) | undefined;
}

/**
 * The one place that holds upstream passwords, in private fields that neither JSON nor `inspect` shows. A password that
 * the operator enters goes before the configured source until it is forgotten.
 */
export class CredentialVault {
  readonly #environment: Record<string, string | undefined>;
  readonly #supplied = new Map<string, string>();
  readonly #variables = new Map<string, string>();
  readonly #commands: CommandSecrets;
  /** Connections whose file gave no password when it was read last. */
  readonly #failedFiles = new Set<string>();
  /** Connections whose source gave a password that the operator forgot or that must not be used again. */
  readonly #forgotten = new Set<string>();

  constructor(options: CredentialVaultOptions) {
    this.#environment = options.environment;
    this.#commands = new CommandSecrets(options.run ?? runCommand, options.clock ?? Date.now);
  }

  /** Takes the passwords of these connections out of the environment, before anything else can read them there. */
  preload(configs: readonly ConnectionConfig[]): void {
    for (const { upstream } of configs) {
      for (const source of [upstream.credential, upstream.sslkeyPassphrase]) {
        if (source?.from === 'environment') this.#takeVariable(source.variable);
      }
    }
  }

  /** Whether a session can log in now: `needed` waits for the operator, `none` needs no password. */
  state(config: ConnectionConfig): 'ready' | 'needed' | 'none' {
    const { credential } = config.upstream;
    if (this.#supplied.has(config.name)) return 'ready';
    switch (credential.from) {
      case 'none':
        return 'none';
      case 'prompt':
        return 'needed';
      case 'environment':
        return this.#variable(config.name, credential.variable) === null ? 'needed' : 'ready';
      case 'command':
        return this.#commands.failed(credential) ? 'needed' : 'ready';
      case 'pgpass':
      case 'service':
        return this.#failedFiles.has(config.name) ? 'needed' : 'ready';
      default:
        return assertNever(credential);
    }
  }

  /** Keeps what the operator entered, until `forget` or the end of the process. */
  supply(connection: string, password: string): void {
    this.#supplied.set(connection, password);
    this.#forgotten.delete(connection);
  }

  /** Drops the entered password, and stops using a variable for this connection; a command will be asked again. */
  forget(connection: string): void {
    this.#supplied.delete(connection);
    this.#forgotten.add(connection);
  }

  /**
   * Call it when the server refused the password (UpstreamError `auth_failed`): an entered password is forgotten, so that
   * the operator is asked again, and a command runs again at the next `resolve`.
   */
  rejected(config: ConnectionConfig): void {
    this.#supplied.delete(config.name);
    if (config.upstream.credential.from === 'command') this.#commands.forget(config.upstream.credential);
  }

  /**
   * The password, null where none is configured. `login` is what the agent's own database and user are, where the connection
   * passes them through: lines of a password file are chosen by them. Rejects with UpstreamError `credential_missing`,
   * `credential_file`.
   */
  async resolve(config: ConnectionConfig, login: Partial<Login> = {}): Promise<string | null> {
    const { credential } = config.upstream;
    const supplied = this.#supplied.get(config.name);
    if (supplied !== undefined) return supplied;
    switch (credential.from) {
      case 'none':
        return null;
      case 'prompt':
        throw missing(config, 'it has not been entered', 'Enter it in Postern under Connections.');
      case 'environment': {
        const password = this.#variable(config.name, credential.variable);
        if (password !== null) return password;
        throw missing(
          config,
          `the environment variable ${credential.variable} is not set`,
          `Start Postern with ${credential.variable} set, or enter the password under Connections.`,
        );
      }
      case 'command':
        return this.#ask(config, credential);
      case 'pgpass':
      case 'service':
        return this.#fromFile(config, login, (key) =>
          credential.from === 'pgpass'
            ? passwordFromFile(this.#environment, credential.file, key)
            : passwordOfService(this.#environment, credential, key),
        );
      default:
        return assertNever(credential);
    }
  }

  /** The passphrase of the client's private key, null where none is configured. Rejects with UpstreamError `credential_missing`. */
  async keyPassphrase(config: ConnectionConfig): Promise<string | null> {
    const source = config.upstream.sslkeyPassphrase;
    if (source === undefined) return null;
    const what = 'passphrase of the private key';
    if (source.from === 'command') return this.#ask(config, source, what);
    this.#takeVariable(source.variable);
    const passphrase = this.#variables.get(source.variable);
    if (passphrase !== undefined) return passphrase;
    throw missing(
      config,
      `the environment variable ${source.variable} is not set`,
      `Start Postern with ${source.variable} set.`,
      what,
    );
  }

  toJSON(): string {
    return '[CredentialVault]';
  }

  [inspect.custom](): string {
    return '[CredentialVault]';
  }

  #variable(connection: string, name: string): string | null {
    if (this.#forgotten.has(connection)) return null;
    this.#takeVariable(name);
    return this.#variables.get(name) ?? null;
  }

  #takeVariable(name: string): void {
    const value = this.#environment[name];
    if (value === undefined) return;
    delete this.#environment[name];
    if (value !== '') this.#variables.set(name, value);
  }

  async #ask(config: ConnectionConfig, source: CommandSource, what?: string): Promise<string> {
    if (this.#forgotten.delete(config.name)) this.#commands.forget(source);
    try {
      return await this.#commands.ask(source);
    } catch (error) {
      throw missing(
        config,
        `the command "${source.command[0] ?? ''}" gave none: ${messageOf(error)}`,
        'Run the command in a terminal to see what it says; unlock the password manager if it asks for that.',
        what,
      );
    }
  }

  /** Files are read at each log-in, as libpq does it: what their owner changes holds from the next one on. */
  #fromFile({ name, upstream }: ConnectionConfig, login: Partial<Login>, read: (key: PasswordKey) => string): string {
    const { host, port } = upstream;
    const { database = upstream.database, user = upstream.user } = login;
    try {
      const password = read({ host, port, database, user });
      this.#failedFiles.delete(name);
      return password;
    } catch (error) {
      this.#failedFiles.add(name);
      throw error;
    }
  }
}

function missing(config: ConnectionConfig, why: string, hint: string, what = 'password'): UpstreamError {
  return new UpstreamError('credential_missing', {
    message: `no ${what} for connection ${config.name} (user ${config.upstream.user}): ${why}`,
    hint,
  });
}
