import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { main } from './commands/main.ts';
import { dataFolder } from './desk/data-folder.ts';
import { packageRoot } from './desk/package-root.ts';
import { refuseDebugger } from './no-debugger.ts';

// Whatever this process writes (settings, journals, reports) is for this user's eyes only.
process.umask(0o077);
refuseDebugger();
// A reader of our output that goes away is no fault of the gate's.
process.stdout.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2), {
  root: packageRoot(import.meta.dirname),
  print: (text) => process.stdout.write(text),
  say: (line) => process.stderr.write(`${line}\n`),
  terminal: { input: process.stdin, output: process.stderr },
  variables: process.env,
  dataFolder: dataFolder(process.platform, process.env, homedir()),
  operator: userInfo().username,
  random: randomBytes,
  monotonic: () => performance.now(),
  ended: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
    }),
  colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
});
// Everything is closed. A library's forgotten timer must not keep a gate that is closed looking open.
setTimeout(() => process.exit(), 1000).unref();
