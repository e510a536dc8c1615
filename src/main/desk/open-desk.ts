import { DeskError } from '../../contract/index.ts';
import { createArchive } from '../../gateway/evidence/archive.ts';
import { createGateArchive } from '../../gateway/evidence/gate/gate-archive.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { createAgentKey } from '../../gateway/identity/agent-keys.ts';
import { fetchJson } from '../../gateway/identity/fetch-json.ts';
import { gateFolder } from '../../gateway/journal/gate-folder.ts';
import { loadOrCreateSigner } from '../../gateway/journal/signer.ts';
import { foundColumnsFile } from '../../gateway/memory/found-columns.ts';
import { loadOrCreateHashKey } from '../../gateway/memory/hash-key.ts';
import { textStoreIn } from '../../gateway/memory/text-store.ts';
import type { Gateway, GatewayOptions, ListenerConfig } from '../../gateway/types.ts';
import { describeServices } from '../../gateway/upstream/libpq/services.ts';
import type { Keychain } from '../sign-in/keychain.ts';
import { openSignInDesk } from '../sign-in/open-sign-ins.ts';
import { type DataLayout, makeDataFolder } from './data-folder.ts';
import { createDesk, type Desk } from './desk.ts';
import { openFindings } from './findings-file.ts';
import { createJudges } from './judges.ts';
import type { DeskPorts, DeskSettings } from './ports.ts';
import { TestedAccounts } from './tested-accounts.ts';

export interface OpenDeskOptions
  extends Pick<
    DeskPorts,
    'host' | 'version' | 'demo' | 'operator' | 'knownKeys' | 'approvalDeadlineMs' | 'tokenCommand' | 'seal'
  > {
  readonly layout: DataLayout;
  /** Folder with the fonts of the report. */
  readonly resources: string;
  readonly settings: DeskSettings;
  readonly listeners: readonly ListenerConfig[];
  /** Upstream passwords that are known before any agent knocks, by connection name. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Where the gate's lists are kept, under the seal. */
  readonly storeOf: GatewayOptions['storeOf'];
  readonly log: GatewayOptions['log'];
  /** Where the operator's sign-ins are kept over a restart. */
  readonly keychain: Keychain;
  /** Opens an address in the system's browser; false when the person has to do it. */
  readonly openBrowser: (url: string) => boolean;
}

/** A running gate with its desk. */
export interface OpenDesk {
  readonly desk: Desk;
  readonly gateway: Gateway;
  /** Programs that wait for a token of the operator's sign-in. */
  readonly tokenRequests: DeskPorts['tokenRequests'];
  /** The listeners with the ports they really have. */
  readonly listeners: readonly ListenerConfig[];
  stop(reason: string): Promise<void>;
}

/**
 * Starts gate, archive and desk over one data folder: the composition that both hosts share.
 * Rejects with GatewayError or DeskError, with nothing left open.
 */
export async function openDesk(options: OpenDeskOptions): Promise<OpenDesk> {
  const { layout, settings, log } = options;
  await makeDataFolder(layout.keys);
  const storeOf = options.storeOf ?? ((name: string) => textStoreIn(layout.keys, name));
  const { findings, close: closeFindings } = await openFindings(layout.findings, storeOf(foundColumnsFile), log);
  const gateway = await createGateway({
    version: options.version,
    listeners: options.listeners,
    settings: settings.current(),
    findings,
    approvalDeadlineMs: options.approvalDeadlineMs,
    journalFolder: layout.journals,
    keyFolder: layout.keys,
    storeOf,
    certificateFile: layout.certificate,
    log,
  });
  for (const [connection, password] of options.passwords) gateway.credentials.supply(connection, password);
  const bound = await gateway.start();
  const listeners = options.listeners.map((listener, index): ListenerConfig => {
    const port = bound[index]?.port;
    if (port === undefined) throw new DeskError('internal', 'The gate opened fewer listeners than it was asked to.');
    return { ...listener, port };
  });
  const signInDesk = await openSignInDesk({
    ...options,
    socket: layout.tokenSocket,
    providers: () => settings.current().identityProviders,
    record: (record) => gateway.recordSignIn(record),
  });
  const publicKey = loadOrCreateSigner(layout.keys).publicKeyPem;
  const gateArchive = createGateArchive({
    folder: gateFolder(layout.journals),
    publicKey,
    live: () => gateway.gateJournal(),
    resourcesFolder: options.resources,
    generatorVersion: options.version,
  });
  const desk = createDesk({
    ...options,
    ...signInDesk,
    fetchJson,
    monotonic: () => performance.now(),
    accounts: new TestedAccounts(),
    gateway,
    listeners,
    archive: createArchive({
      folder: layout.journals,
      publicKey,
      isLive: (sessionId: string) => gateway.liveSessions().some(({ summary }) => summary.id === sessionId),
      gate: gateArchive,
      resourcesFolder: options.resources,
    }),
    gateArchive,
    judges: await createJudges(loadOrCreateHashKey(layout.keys)),
    journalFolder: layout.journals,
    certificateFile: layout.certificate,
    now: Date.now,
    createKey: createAgentKey,
    services: () => describeServices(process.env),
  });
  return {
    desk,
    gateway,
    listeners,
    tokenRequests: signInDesk.tokenRequests,
    stop: async (reason) => {
      await signInDesk.close();
      await gateway.stop(reason);
      desk.close();
      await closeFindings();
    },
  };
}
