import { homedir } from 'node:os';
import { DeskError } from '../contract/index.ts';
import { GatewayError, type GatewayOptions } from '../gateway/types.ts';
import { type DemoSetup, prepareDemo } from './demo/prepare.ts';
import { dataFolder, dataLayout, makeDataFolder } from './desk/data-folder.ts';
import { lockFolder } from './desk/lock.ts';
import { type OpenDesk, openDesk } from './desk/open-desk.ts';
import type { PackageRoot } from './desk/package-root.ts';
import { demoConnectionName, openSettings, type SettingsFile, type SettingsStore } from './desk/settings-file.ts';
import { openInstallationKeeper, sealedSettings, sealedStores } from './seal/installation-keeper.ts';
import type { SealKeeper } from './seal/keeper.ts';
import type { SealHost } from './seal/open-keeper.ts';
import type { Keychain } from './sign-in/keychain.ts';

/** How often the sealed files are looked at while the gate runs, in milliseconds. */
const watchEvery = 5000;
/** Ports tried after the usual one when the demo finds it taken: the first five minutes must not end at a port. */
const demoPortAttempts = 10;

export interface InstallationOptions {
  readonly host: 'electron' | 'headless';
  readonly folder: string;
  readonly root: PackageRoot;
  readonly operator: string;
  readonly seal: SealHost;
  readonly log: GatewayOptions['log'];
  /** Where the operator's sign-ins are kept over a restart. */
  readonly keychain: Keychain;
  /** Opens an address in the system's browser; false when the person has to do it. */
  readonly openBrowser: (url: string) => boolean;
  /** Words for a person who waits: what is being done now. */
  readonly progress: (what: string) => void;
}

/** A running gate whose settings are the operator's own (not a configuration file). */
export interface Installation extends OpenDesk {
  readonly settings: SettingsStore;
  /** The embedded demo database, when it runs. */
  readonly demo: DemoSetup | null;
  readonly journals: string;
}

/**
 * Opens the installation in a data folder. With nothing configured, or when the demo connection is still there, it
 * starts the embedded demo database too. Rejects with DeskError or GatewayError and leaves nothing running.
 */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const layout = dataLayout(options.folder);
  await makeDataFolder(options.folder);
  const lock = await lockFolder(options.folder);
  let demo: DemoSetup | null = null;
  let keeper: SealKeeper | null = null;
  try {
    keeper = await openInstallationKeeper(layout, options);
    const { state } = keeper;
    const settings = await openSettings(layout.settings, sealedSettings(state));
    if (wantsDemo(settings.file())) {
      demo = await prepareDemo({ folder: layout.demo, resources: options.root.resources, progress: options.progress });
      await settings.saveFile(withDemo(settings.file(), demo));
    }
    const open = await openOnFreePort(options, settings, keeper, demo);
    const stopWatching = keeper.watch(watchEvery, open.desk.changed);
    return {
      ...open,
      settings,
      demo,
      journals: layout.journals,
      stop: async (reason) => {
        stopWatching();
        await open.stop(reason);
        await keeper?.close();
        await demo?.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await keeper?.close();
    await demo?.stop();
    await lock.release();
    throw error;
  }
}

async function openOnFreePort(
  options: InstallationOptions,
  settings: SettingsStore,
  keeper: SealKeeper,
  demo: DemoSetup | null,
): Promise<OpenDesk> {
  const { listener, approvalDeadlineSeconds, connections } = settings.file();
  // Addresses of the operator's own agents name the port: they are not to move, nor to send their keys to whoever holds it.
  const mayMove = demo !== null && connections.every(({ name }) => name === demoConnectionName);
  for (let attempt = 0; ; attempt++) {
    try {
      return await openDesk({
        host: options.host,
        version: options.root.version,
        demo: demo !== null,
        operator: options.operator,
        knownKeys: demo === null ? new Map() : new Map([[demo.agent.name, demo.key]]),
        approvalDeadlineMs: approvalDeadlineSeconds * 1000,
        layout: dataLayout(options.folder),
        resources: options.root.resources,
        settings,
        seal: keeper,
        storeOf: sealedStores(keeper.state, dataLayout(options.folder)),
        keychain: options.keychain,
        openBrowser: options.openBrowser,
        tokenCommand: tokenCommand(options.folder),
        listeners: [{ ...listener, port: listener.port === 0 ? 0 : listener.port + attempt }],
        passwords: demo === null ? new Map() : new Map([[demoConnectionName, demo.password]]),
        log: options.log,
      });
    } catch (error) {
      const taken = error instanceof GatewayError && error.code === 'port_in_use';
      if (!taken || !mayMove || attempt === demoPortAttempts) throw error;
      options.progress(`Port ${listener.port + attempt} is taken; trying the next one`);
    }
  }
}

/** `postern token` finds the usual data folder by itself. */
function tokenCommand(folder: string): string[] {
  const usual = dataFolder(process.platform, process.env, homedir());
  return ['postern', 'token', ...(folder === usual ? [] : ['--data-folder', folder])];
}

function wantsDemo({ connections, demo }: SettingsFile): boolean {
  return connections.length === 0 || (demo && connections.some(({ name }) => name === demoConnectionName));
}

/** The demo's address and key are new at every start; mask rules and policy that the operator changed are kept. */
function withDemo(settings: SettingsFile, { connection, agent }: DemoSetup): SettingsFile {
  const kept = settings.connections.find(({ name }) => name === connection.name);
  if (kept !== undefined && !settings.demo) {
    throw new DeskError(
      'demo_name_taken',
      `A connection of yours is named ${connection.name}.`,
      'Give it another name.',
    );
  }
  const merged = kept === undefined ? connection : { ...kept, upstream: connection.upstream };
  return {
    ...settings,
    demo: true,
    connections: [...settings.connections.filter(({ name }) => name !== merged.name), merged],
    agents: [
      ...settings.agents.filter(({ name }) => name !== agent.name),
      { ...agent, connections: [...agent.connections] },
    ],
  };
}
