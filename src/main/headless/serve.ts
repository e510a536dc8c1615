import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ConnectionConfig, DeskError, messageOf } from '../../contract/index.ts';
import { tlsMode } from '../../gateway/door/host.ts';
import type { GatewayOptions, GatewaySettings } from '../../gateway/types.ts';
import { describeService } from '../../gateway/upstream/libpq/services.ts';
import { dataLayout, makeDataFolder } from '../desk/data-folder.ts';
import { lockFolder } from '../desk/lock.ts';
import { type OpenDesk, openDesk } from '../desk/open-desk.ts';
import type { PackageRoot } from '../desk/package-root.ts';
import { loadPage } from '../desk/page.ts';
import type { DeskSettings } from '../desk/ports.ts';
import { type KeyPorts, readAgents } from './agent-keys.ts';
import { type ConfigFile, parseConfigFile } from './config-file.ts';
import { type Console, startConsole } from './console-server.ts';
import { consoleSignIn } from './console-sign-in.ts';
import { withPemFiles } from './pem-files.ts';

export interface ServeOptions extends Pick<KeyPorts, 'environment' | 'readDescriptor'> {
  readonly configPath: string;
  /** False leaves the console off: nobody can then approve, and what would be held waits for its deadline. */
  readonly console: boolean;
  readonly root: PackageRoot;
  readonly operator: string;
  /** Data folder when the file names none. */
  readonly defaultFolder: string;
  readonly log: GatewayOptions['log'];
  readonly random: (size: number) => Buffer;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  /** Asks the terminal for a password; null when there is none. */
  readonly askPassword: (question: string) => Promise<string | null>;
}

/** A gate that runs from a configuration file. */
export interface Served {
  readonly listeners: OpenDesk['listeners'];
  /** What agents verify the gate with; null when no listener speaks TLS. */
  readonly certificate: string | null;
  readonly console: Console | null;
  stop(reason: string): Promise<void>;
}

/**
 * Starts the gate that a configuration file describes. Relative paths in the file start at the file's own folder.
 * Rejects with DeskError or GatewayError and leaves nothing running.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const config = readConfig(options.configPath);
  const warn = (message: string): void => options.log('warn', message);
  const agents = readAgents(config.agents, { ...options, warn, now: Date.now });
  const beside = (path: string): string => resolve(dirname(options.configPath), path);
  const folder = config.dataFolder === undefined ? options.defaultFolder : beside(config.dataFolder);
  const layout = dataLayout(folder, config.journalFolder === undefined ? undefined : beside(config.journalFolder));
  const connections = config.connections.map((connection) => withPemFiles(connection, beside));
  const page = options.console ? await loadPage(options.root.page) : null;
  await makeDataFolder(folder);
  const lock = await lockFolder(folder);
  let open: OpenDesk | null = null;
  try {
    open = await openDesk({
      host: 'headless',
      version: options.root.version,
      demo: false,
      operator: options.operator,
      knownKeys: new Map(),
      approvalDeadlineMs: config.approvalDeadlineSeconds * 1000,
      layout,
      resources: options.root.resources,
      settings: fileSettings({ connections, agents, identityProviders: config.identityProviders }),
      listeners: config.listeners,
      ...consoleSignIn,
      tokenCommand: ['postern', 'token', '--config', options.configPath],
      passwords: await promptedPasswords(connections, options.askPassword),
      log: options.log,
    });
    const { desk, listeners, stop } = open;
    const served =
      page === null
        ? null
        : await startConsole({
            ...options,
            ...config.console,
            page,
            attach: (port) => desk.attach(port),
            now: options.monotonic,
          });
    return {
      listeners,
      certificate: listeners.some((listener) => tlsMode(listener) !== 'off') ? layout.certificate : null,
      console: served,
      stop: async (reason) => {
        await served?.stop();
        await stop(reason);
        await lock.release();
      },
    };
  } catch (error) {
    await open?.stop('the console did not start');
    await lock.release();
    throw error;
  }
}

/** Reads and checks a configuration file. Throws DeskError `config_unreadable` and `config_invalid`. */
export function readConfig(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new DeskError(
      'config_unreadable',
      `${path}: ${messageOf(error)}`,
      'Name an existing file: `postern serve --config FILE`. resources/example.config.jsonc is one to start from.',
    );
  }
  return parseConfigFile(text, path, (service, file) =>
    describeService(process.env, service, file === undefined ? undefined : resolve(dirname(path), file)),
  );
}

/** Settings that only their file changes. */
function fileSettings(settings: GatewaySettings): DeskSettings {
  return {
    managedBy: 'file',
    current: () => settings,
    save: () => Promise.reject(new DeskError('managed_by_file', 'The configuration file is not written by Postern.')),
  };
}

/** Passwords typed at the terminal. Those not given there may still come from the console. */
async function promptedPasswords(
  connections: readonly ConnectionConfig[],
  ask: ServeOptions['askPassword'],
): Promise<Map<string, string>> {
  const passwords = new Map<string, string>();
  for (const { name, upstream } of connections) {
    if (upstream.credential.from !== 'prompt') continue;
    const password = await ask(
      `Password of ${upstream.user} on ${upstream.host}:${upstream.port} (connection ${name}): `,
    );
    if (password !== null && password !== '') passwords.set(name, password);
  }
  return passwords;
}
