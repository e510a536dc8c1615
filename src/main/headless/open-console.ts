import { createFrontDesk, type FrontDesk } from '../desk/front-desk.ts';
import { loadPage } from '../desk/page.ts';
import { type Installation, type InstallationOptions, openInstallation } from '../installation.ts';
import type { SealKeeper } from '../seal/keeper.ts';
import type { SealHost } from '../seal/open-keeper.ts';
import { createSealDesk } from '../seal/seal-desk.ts';
import { type Console, startConsole } from './console-server.ts';
import { consoleSignIn } from './console-sign-in.ts';
import { onEnter, type Terminal } from './terminal.ts';
import { sealWelcome, welcome } from './welcome.ts';

export interface OpenConsoleOptions extends Omit<InstallationOptions, 'host' | 'seal' | 'keychain' | 'openBrowser'> {
  readonly whyNoDesktop: string | null;
  readonly terminal: Terminal;
  readonly print: (text: string) => void;
  readonly colour: boolean;
  readonly random: (size: number) => Buffer;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  readonly seal: Omit<SealHost, 'review'>;
  /** Settles when Postern is to end: then nothing is waited for. */
  readonly ended: Promise<unknown>;
}

/** Opens the operator's own installation with its console in the browser. Resolves when ready, with what closes it. */
export async function openConsole(options: OpenConsoleOptions): Promise<{ stop(reason: string): Promise<void> }> {
  const stage = await createStage(options);
  let installation: Installation | null = null;
  try {
    installation = await openInstallation({
      ...options,
      ...consoleSignIn,
      host: 'headless',
      seal: { ...options.seal, review: (keeper) => stage.review(keeper) },
    });
    const { desk, stop } = installation;
    const served = await stage.show(desk);
    options.print(welcome(await welcomeFacts(installation, served, options)));
    return {
      stop: async (reason) => {
        await stage.stop();
        await stop(reason);
      },
    };
  } catch (error) {
    await stage.stop();
    await installation?.stop('the console did not start');
    throw error;
  }
}

/** The console, which starts with the first desk that it is to show: the one of a doubted seal, or the gate's. */
async function createStage(options: OpenConsoleOptions) {
  const page = await loadPage(options.root.page);
  let stage: { readonly front: FrontDesk; readonly served: Console } | null = null;
  let stopListening = (): void => undefined;
  const show = async (desk: Parameters<FrontDesk['show']>[0]): Promise<Console> => {
    if (stage !== null) {
      stage.front.show(desk);
      return stage.served;
    }
    const front = createFrontDesk(desk);
    const served = await startConsole({
      host: '127.0.0.1',
      port: 0,
      page,
      attach: (port) => front.attach(port),
      random: options.random,
      now: options.monotonic,
      log: options.log,
    });
    stage = { front, served };
    stopListening = onEnter(options.terminal, () => options.print(`  ${served.signInLink()}\n`));
    return served;
  };
  return {
    show,
    async review(keeper: SealKeeper): Promise<void> {
      const sealDesk = createSealDesk(keeper);
      const { signInLink } = await show(sealDesk);
      options.print(
        sealWelcome({
          version: options.root.version,
          view: keeper.view(),
          signInLink: signInLink(),
          enterPrintsLink: options.terminal.input.isTTY === true,
          colour: options.colour,
        }),
      );
      void options.ended.then(() => sealDesk.quit());
      await sealDesk.settled;
    },
    async stop(): Promise<void> {
      stopListening();
      await stage?.served.stop();
    },
  };
}

async function welcomeFacts(
  { desk, demo, listeners, journals }: Installation,
  served: Console,
  options: OpenConsoleOptions,
) {
  const { addresses } = await desk.handlers['desk.overview']({});
  const connections = await desk.handlers['connections.list']({});
  const { whyNoDesktop, colour, terminal, root } = options;
  return {
    version: root.version,
    whyNoDesktop,
    demo: demo !== null,
    listeners,
    addresses,
    passwordsNeeded: connections.filter(({ credential }) => credential === 'needed').map(({ config }) => config.name),
    signInLink: served.signInLink(),
    enterPrintsLink: terminal.input.isTTY === true,
    journals,
    colour,
  };
}
