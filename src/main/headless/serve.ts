import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type ConnectionConfig, DeskError, messageOf } from '../../contract/index.ts';
import { tlsMode } from '../../gateway/door/host.ts';
import type { GatewayOptions, GatewaySettings } from '../../gateway/types.ts';
import { describeService } from '../../gateway/upstream/libpq/services.ts';
import { type DataLayout, dataLayout, makeDataFolder } from '../desk/data-folder.ts';
import { lockFolder } from '../desk/lock.ts';
import { type OpenDesk, openDesk } from '../desk/open-desk.ts';
import type { PackageRoot } from '../desk/package-root.ts';
import { loadPage } from '../desk/page.ts';
import type { DeskSettings } from '../desk/ports.ts';
import { faultIn, listsFault, sealedStores } from '../seal/installation-keeper.ts';
import type { SealKeeper } from '../seal/keeper.ts';
import { openKeeper } from '../seal/open-keeper.ts';
import { configPlace } from '../seal/place.ts';
import { sealRefusal } from '../seal/refusal.ts';
import { type KeyPorts, readAgents } from './agent-keys.ts';
import { type ConfigFile, parseConfigFile } from './config-file.ts';
import { type Console, startConsole } from './console-server.ts';
import { consoleSignIn } from './console-sign-in.ts';
import { withPemFiles } from './pem-files.ts';

/** How often the sealed files are looked at while the gate runs, in milliseconds. */
const watchEvery = 5000;

export interface ServeOptions extends Pick<KeyPorts, 'environment' | 'readDescriptor'> {
  readonly configPath: string;
  /** False leaves the console off: nobody can then approve, and what would be held waits for its deadline. */
  readonly console: boolean;
  /** True refuses a file that has no seal. */
  readonly sealed: boolean;
  /** The passphrase of the seal, when it came with the start. */
  readonly passphrase: string | null;
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
  const { folder, layout } = configLayout(options.configPath, options.defaultFolder);
  const page = options.console ? await loadPage(options.root.page) : null;
  await makeDataFolder(folder);
  const lock = await lockFolder(folder);
  let open: OpenDesk | null = null;
  let keeper: SealKeeper | null = null;
  try {
    keeper = await openConfigKeeper(options, layout);
    const { state } = keeper;
    // The text that was checked, which the file need not be any more.
    const config = configOf(state.text(basename(options.configPath)) ?? '', options.configPath);
    const warn = (message: string): void => options.log('warn', message);
    const agents = readAgents(config.agents, { ...options, warn, now: Date.now });
    const beside = besideOf(options.configPath);
    const connections = config.connections.map((connection) => withPemFiles(connection, beside));
    open = await openDesk({
      host: 'headless',
      version: options.root.version,
      demo: false,
      operator: options.operator,
      knownKeys: new Map(),
      approvalDeadlineMs: config.approvalDeadlineSeconds * 1000,
      layout,
      resources: options.root.resources,
      seal: keeper,
      storeOf: sealedStores(state, layout),
      settings: fileSettings({ connections, agents, identityProviders: config.identityProviders }),
      listeners: config.listeners,
      ...consoleSignIn,
      tokenCommand: ['postern', 'token', '--config', options.configPath],
      passwords: await promptedPasswords(connections, options.askPassword),
      log: options.log,
    });
    if (state.held === null) {
      options.log(
        'info',
        'the configuration file is not sealed: any program of this user can change it before a start',
      );
    }
    const { desk, listeners, stop } = open;
    const stopWatching = keeper.watch(watchEvery, desk.changed);
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
        stopWatching();
        await served?.stop();
        await stop(reason);
        await keeper?.close();
        await lock.release();
      },
    };
  } catch (error) {
    await open?.stop('the console did not start');
    await keeper?.close();
    await lock.release();
    throw error;
  }
}

/** The data folder of a configuration file. Throws as `readConfig`. */
export function configLayout(
  configPath: string,
  defaultFolder: string,
): { readonly folder: string; readonly layout: DataLayout } {
  const { dataFolder, journalFolder } = readConfig(configPath);
  const beside = besideOf(configPath);
  const folder = dataFolder === undefined ? defaultFolder : beside(dataFolder);
  return { folder, layout: dataLayout(folder, journalFolder === undefined ? undefined : beside(journalFolder)) };
}

/** Relative paths in a configuration file start at its folder. */
const besideOf = (configPath: string) => (path: string) => resolve(dirname(configPath), path);

/** A seal that does not hold has nobody here who could decide about it: nothing is opened, and the command line decides. */
function openConfigKeeper(options: ServeOptions, layout: DataLayout): Promise<SealKeeper> {
  const { configPath, sealed, passphrase, askPassword: ask, operator } = options;
  const host = {
    keychain: { missing: 'only the desktop app uses it' },
    passphrase,
    ask,
    review: (keeper: SealKeeper) => Promise.reject(sealRefusal(keeper, (what) => `postern seal ${what} ${configPath}`)),
  };
  return openKeeper(host, {
    place: configPlace(configPath, layout),
    operator,
    now: Date.now,
    managed: false,
    // Who gives a passphrase means that there is a seal.
    mayBeUnsealed: () => !sealed && passphrase === null,
    sealAtOnce: false,
    fault: configFault(configPath, layout),
  });
}

/** What is wrong with a sealed configuration by itself. */
export function configFault(configPath: string, layout: DataLayout) {
  return (texts: Readonly<Record<string, string | null>>): string | null =>
    faultIn(() => configOf(texts[basename(configPath)] ?? '', configPath)) ?? listsFault(layout, texts);
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
  return configOf(text, path);
}

/** The configuration of a text that stands for the file at `path`. Throws DeskError `config_invalid`. */
function configOf(text: string, path: string): ConfigFile {
  return parseConfigFile(text, path, (service, file) =>
    describeService(process.env, service, file === undefined ? undefined : besideOf(path)(file)),
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
