import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { serve } from '../headless/serve.ts';
import { askSecret, onEnter } from '../headless/terminal.ts';
import { createLog } from '../log.ts';
import { givenPassphrase } from '../seal/passphrase.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

export interface ServeCommand {
  readonly config: string;
  readonly console: boolean;
  readonly sealed: boolean;
  readonly passphraseDescriptor: number | null;
}

/**
 * `postern serve`: runs the gate of a configuration file until a signal ends it. When it is ready, exactly one JSON
 * line goes to standard output, for the program that started it; everything else goes to standard error.
 */
export async function serveCommand(options: ServeCommand, environment: CommandEnvironment): Promise<ExitCode> {
  const { print, say, terminal } = environment;
  const log = createLog('info');
  const readDescriptor = (descriptor: number): string => readFileSync(descriptor, 'utf8');
  // From now on: a signal while things are being opened must close what is open already.
  const ended = environment.ended();
  const served = await serve({
    configPath: resolve(options.config),
    console: options.console,
    sealed: options.sealed,
    passphrase: givenPassphrase(options.passphraseDescriptor, { environment: environment.variables, readDescriptor }),
    root: environment.root,
    operator: environment.operator,
    defaultFolder: environment.dataFolder,
    environment: environment.variables,
    readDescriptor,
    random: environment.random,
    monotonic: environment.monotonic,
    askPassword: (question) => askSecret(terminal, question),
    log,
  });
  const console = served.console === null ? null : { url: served.console.signInLink() };
  const listeners = served.listeners.map(({ host, port }) => ({ host, port }));
  const { certificate } = served;
  print(`${JSON.stringify({ ready: true, listeners, certificate, console, pid: process.pid })}\n`);
  const stopListening = onEnter(terminal, () => {
    if (served.console !== null) say(served.console.signInLink());
  });
  const signal = await ended;
  stopListening();
  log('info', 'closing', { signal });
  await served.stop(`Postern was ended by ${signal}`);
  return 0;
}
