import { loadPage } from '../desk/page.ts';
import { type InstallationOptions, openInstallation } from '../installation.ts';
import { startConsole } from './console-server.ts';
import { consoleSignIn } from './console-sign-in.ts';
import { onEnter, type Terminal } from './terminal.ts';
import { welcome } from './welcome.ts';

export interface OpenConsoleOptions extends Omit<InstallationOptions, 'host' | 'keychain' | 'openBrowser'> {
  readonly whyNoDesktop: string | null;
  readonly terminal: Terminal;
  readonly print: (text: string) => void;
  readonly colour: boolean;
  readonly random: (size: number) => Buffer;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
}

/** Opens the operator's own installation with its console in the browser. Resolves when ready, with what closes it. */
export async function openConsole(options: OpenConsoleOptions): Promise<{ stop(reason: string): Promise<void> }> {
  const page = await loadPage(options.root.page);
  const installation = await openInstallation({ ...options, ...consoleSignIn, host: 'headless' });
  const { desk, listeners, journals, demo } = installation;
  try {
    const served = await startConsole({
      host: '127.0.0.1',
      port: 0,
      page,
      attach: (port) => desk.attach(port),
      random: options.random,
      now: options.monotonic,
      log: options.log,
    });
    const { addresses } = await desk.handlers['desk.overview']({});
    const connections = await desk.handlers['connections.list']({});
    const { version } = options.root;
    const { whyNoDesktop, colour } = options;
    options.print(
      welcome({
        version,
        whyNoDesktop,
        demo: demo !== null,
        listeners,
        addresses,
        passwordsNeeded: connections
          .filter(({ credential }) => credential === 'needed')
          .map(({ config }) => config.name),
        signInLink: served.signInLink(),
        enterPrintsLink: options.terminal.input.isTTY === true,
        journals,
        colour,
      }),
    );
    const stopListening = onEnter(options.terminal, () => options.print(`  ${served.signInLink()}\n`));
    return {
      stop: async (reason) => {
        stopListening();
        await served.stop();
        await installation.stop(reason);
      },
    };
  } catch (error) {
    await installation.stop('the console did not start');
    throw error;
  }
}
