import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { DeskError } from '../../contract/index.ts';
import { desktop, findElectron } from '../headless/desktop.ts';
import { openConsole } from '../headless/open-console.ts';
import { askSecret } from '../headless/terminal.ts';
import { createLog } from '../log.ts';
import { givenPassphrase } from '../seal/passphrase.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

/** `postern open`: the desktop app where that is possible, else the console in the browser, until a signal ends it. */
export async function openCommand(
  options: { readonly console: boolean; readonly passphraseDescriptor: number | null },
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { root, variables } = environment;
  const choice = desktop({
    platform: process.platform,
    environment: variables,
    userId: process.getuid?.(),
    electron: findElectron(root.folder, variables),
  });
  if (choice.possible && !options.console) {
    if (options.passphraseDescriptor === null) return runDesktop(choice.program, environment);
    throw new DeskError('usage', 'The desktop app takes no --passphrase-fd.', 'Use it with --console, or without it.');
  }
  const passphrase = givenPassphrase(options.passphraseDescriptor, {
    environment: variables,
    readDescriptor: (descriptor) => readFileSync(descriptor, 'utf8'),
  });
  const ended = environment.ended();
  const opened = await openConsole({
    folder: environment.dataFolder,
    root,
    operator: environment.operator,
    whyNoDesktop: choice.possible ? null : choice.why,
    terminal: environment.terminal,
    print: environment.print,
    progress: environment.say,
    colour: environment.colour,
    random: environment.random,
    monotonic: environment.monotonic,
    log: createLog('warn'),
    seal: {
      keychain: { missing: 'only the desktop app uses it' },
      passphrase,
      ask: (question) => askSecret(environment.terminal, question),
    },
    ended,
  });
  const signal = await ended;
  environment.say('Closing the gate…');
  await opened.stop(`Postern was ended by ${signal}`);
  return 0;
}

/** Starts the desktop app and stays until it is closed; a signal to this process is handed on to it. */
async function runDesktop(program: string, { root, variables, ended, say }: CommandEnvironment): Promise<ExitCode> {
  const { ELECTRON_RUN_AS_NODE: _asNode, ...rest } = variables;
  const app = spawn(program, [root.folder], { stdio: 'inherit', env: rest });
  void ended().then(() => app.kill('SIGTERM'));
  return new Promise((resolve) => {
    app.once('error', (error) => {
      say(
        `The desktop app did not start: ${error.message}. \`postern open --console\` opens the console in the browser instead.`,
      );
      resolve(1);
    });
    app.once('exit', (code) => resolve(code === 0 ? 0 : 1));
  });
}
