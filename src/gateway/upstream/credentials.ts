import { inspect } from 'node:util';
import type { ConnectionConfig } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import { type CommandRunner, runCommand } from './run-command.ts';

/** How long the output of a command is used before it is asked again, in milliseconds. */
const commandCacheMs = 5 * 60_000;

export interface CredentialVaultOptions {
  /** Variables that hold passwords are read once and deleted from it. Hand in `process.env`. */
  readonly environment: Record<string, string | undefined>;
  readonly run?: CommandRunner | undefined;
  /** Milliseconds; only differences matter. */
  readonly clock?: (() => number) | undefined;
}

/**
 * The one place that holds upstream passwords, in private fields that neither JSON nor `inspect` shows. A password that
 * the operator enters goes before the configured source until it is forgotten.
 */
export class CredentialVault {
  readonly #environment: Record<string, string | undefined>;
  readonly #run: CommandRunner;
  readonly #clock: () => number;
  readonly #supplied = new Map<string, string>();
  readonly #variables = new Map<string, string>();
  /** Output of commands by their text, so that connections that share a command ask once. */
  readonly #commands = new Map<string, { readonly password: Promise<string>; readonly since: number }>();
  readonly #failedCommands = new Set<string>();
  /** Connections whose source gave a password that the operator forgot or that must not be used again. */
  readonly #forgotten = new Set<string>();

  constructor(options: CredentialVaultOptions) {
    this.#environment = options.environment;
    this.#run = options.run ?? runCommand;
    this.#clock = options.clock ?? Date.now;
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
        return this.#failedCommands.has(commandKey(credential.command)) ? 'needed' : 'ready';
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
    if (config.upstream.credential.from === 'command')
      this.#commands.delete(commandKey(config.upstream.credential.command));
  }

  /** The password, null where none is configured. Rejects with UpstreamError `credential_missing`. */
  async resolve(config: ConnectionConfig): Promise<string | null> {
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
        return this.#ask(config, credential.command);
    }
  }

  /** The passphrase of the client's private key, null where none is configured. Rejects with UpstreamError `credential_missing`. */
  async keyPassphrase(config: ConnectionConfig): Promise<string | null> {
    const source = config.upstream.sslkeyPassphrase;
    if (source === undefined) return null;
    const what = 'passphrase of the private key';
    if (source.from === 'command') return this.#ask(config, source.command, what);
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

  async #ask(config: ConnectionConfig, command: readonly string[], what?: string): Promise<string> {
    const key = commandKey(command);
    if (this.#forgotten.delete(config.name)) this.#commands.delete(key);
    const cached = this.#commands.get(key);
    const fresh = cached !== undefined && this.#clock() - cached.since < commandCacheMs;
    const entry = fresh ? cached : { password: this.#run(command).then(withoutLineBreak), since: this.#clock() };
    this.#commands.set(key, entry);
    try {
      const password = await entry.password;
      this.#failedCommands.delete(key);
      return password;
    } catch (error) {
      if (this.#commands.get(key) === entry) this.#commands.delete(key);
      this.#failedCommands.add(key);
      throw missing(
        config,
        `the command "${command[0] ?? ''}" gave none: ${error instanceof Error ? error.message : 'it failed'}`,
        'Run the command in a terminal to see what it says; unlock the password manager if it asks for that.',
        what,
      );
    }
  }
}

const commandKey = (command: readonly string[]): string => JSON.stringify(command);

function withoutLineBreak(output: string): string {
  const password = output.replace(/\r?\n$/, '');
  if (password === '') throw new Error('it printed nothing');
  return password;
}

function missing(config: ConnectionConfig, why: string, hint: string, what = 'password'): UpstreamError {
  return new UpstreamError('credential_missing', {
    message: `no ${what} for connection ${config.name} (user ${config.upstream.user}): ${why}`,
    hint,
  });
}
