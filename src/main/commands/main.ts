import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DeskError, messageOf } from '../../contract/index.ts';
import { demoCommand } from './demo.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';
import { gateSubject, replayGate, reportGate, verifyGate } from './gate-journals.ts';
import { help } from './help.ts';
import { replay, report, verify } from './journals.ts';
import { key } from './key.ts';
import { openCommand } from './open.ts';
import { policyBacktest, policyTest } from './policy.ts';
import { sealCommand } from './seal.ts';
import { serveCommand } from './serve.ts';
import { tokenCommand } from './token.ts';

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  config: { type: 'string', short: 'c' },
  console: { type: 'boolean' },
  'no-console': { type: 'boolean' },
  'data-folder': { type: 'string' },
  'public-key': { type: 'string' },
  out: { type: 'string', short: 'o' },
  connection: { type: 'string' },
  rules: { type: 'string' },
  sessions: { type: 'string' },
  provider: { type: 'string' },
  sealed: { type: 'boolean' },
  'passphrase-fd': { type: 'string' },
  'sign-in': { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
} as const;

/** Options that each command takes, besides --help and --version. */
const allowed: Readonly<Record<string, readonly (keyof typeof options)[]>> = {
  open: ['console', 'data-folder', 'passphrase-fd'],
  serve: ['config', 'no-console', 'sealed', 'passphrase-fd'],
  seal: ['data-folder', 'passphrase-fd'],
  verify: ['data-folder', 'public-key'],
  replay: ['data-folder', 'since', 'until'],
  report: ['data-folder', 'public-key', 'out', 'since', 'until'],
  key: [],
  token: ['config', 'data-folder', 'connection', 'provider', 'sign-in'],
  policy: ['config', 'data-folder', 'connection', 'rules', 'sessions'],
  demo: ['data-folder'],
};

/** Runs `postern` with the arguments behind its name. Never rejects: what went wrong is said on standard error. */
export async function main(args: readonly string[], environment: CommandEnvironment): Promise<ExitCode> {
  try {
    return await run(args, environment);
  } catch (error) {
    environment.say(describe(error));
    return exitCodeOf(error);
  }
}

async function run(args: readonly string[], environment: CommandEnvironment): Promise<ExitCode> {
  const { values, positionals } = parse(args);
  const [command, subject, ...more] = positionals;
  if (values.version === true) {
    environment.print(`${environment.root.version}\n`);
    return 0;
  }
  if (values.help === true || command === undefined) {
    environment.print(help(environment.root.version));
    return values.help === true ? 0 : 2;
  }
  const takes = allowed[command];
  if (takes === undefined) throw usage(`There is no command "${command}".`);
  for (const name of Object.keys(values)) {
    if (!takes.includes(name as keyof typeof options)) throw usage(`\`postern ${command}\` has no option --${name}.`);
  }
  const wantsSubject = command === 'verify' || command === 'replay' || command === 'report';
  if (command === 'seal') return runSeal(subject, more, values, environment);
  if (command === 'policy') return runPolicy(subject, more, values, environment);
  if (more.length > 0 || (!wantsSubject && subject !== undefined)) {
    throw usage(`\`postern ${command}\` does not know what to do with "${more[0] ?? subject}".`);
  }
  const folder = values['data-folder'] === undefined ? undefined : resolve(values['data-folder']);
  const here = folder === undefined ? environment : { ...environment, dataFolder: folder };
  switch (command) {
    case 'open':
      return openCommand({ console: values.console ?? false, passphraseDescriptor: descriptorOf(values) }, here);
    case 'serve':
      if (values.config === undefined) throw usage('`postern serve` needs --config FILE.');
      return serveCommand(
        {
          config: values.config,
          console: values['no-console'] !== true,
          sealed: values.sealed ?? false,
          passphraseDescriptor: descriptorOf(values),
        },
        here,
      );
    case 'key':
      return key(here);
    case 'token':
      if (values.connection === undefined) throw usage('`postern token` needs --connection NAME.');
      return tokenCommand(
        {
          connection: values.connection,
          provider: values.provider,
          config: values.config,
          signIn: values['sign-in'] ?? false,
        },
        here,
      );
    case 'demo':
      return demoCommand({ keepIn: folder }, here);
    default: {
      if (subject === undefined)
        throw usage(`\`postern ${command}\` needs a session id${command === 'verify' ? ' or a journal file' : ''}.`);
      const { since, until, out, 'public-key': publicKey } = values;
      if (subject === gateSubject) {
        const gate = { dataFolder: folder, publicKey, since, until };
        if (command === 'verify') return verifyGate(gate, here);
        return command === 'replay' ? replayGate(gate, here) : reportGate({ ...gate, out }, here);
      }
      if ((since ?? until) !== undefined) throw usage('--since and --until go with `gate` in place of a session.');
      const journal = { subject, dataFolder: folder, publicKey };
      if (command === 'verify') return verify(journal, here);
      return command === 'replay' ? replay(journal, here) : report({ ...journal, out }, here);
    }
  }
}

async function runPolicy(
  what: string | undefined,
  [sql, ...more]: readonly string[],
  values: ReturnType<typeof parse>['values'],
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { config, connection, rules, 'data-folder': dataFolder, sessions } = values;
  const options = { config, connection, rules, dataFolder: dataFolder === undefined ? undefined : resolve(dataFolder) };
  if (what === 'test' && sql !== undefined && more.length === 0) return policyTest(sql, options, environment);
  if (what === 'backtest' && sql === undefined) {
    const limit = Number(sessions ?? 100);
    if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) {
      return policyBacktest({ ...options, sessions: limit }, environment);
    }
    throw usage('--sessions is a number from 1 to 1000.');
  }
  throw usage('`postern policy` is followed by test "SQL", or by backtest.');
}

function runSeal(
  what: string | undefined,
  [file, ...more]: readonly string[],
  values: ReturnType<typeof parse>['values'],
  environment: CommandEnvironment,
): Promise<ExitCode> {
  if ((what !== 'status' && what !== 'show' && what !== 'accept' && what !== 'restore') || more.length > 0) {
    throw usage('`postern seal` is followed by status, show, accept or restore, and a configuration file or nothing.');
  }
  const folder = values['data-folder'];
  const here = folder === undefined ? environment : { ...environment, dataFolder: resolve(folder) };
  return sealCommand({ what, config: file, passphraseDescriptor: descriptorOf(values) }, here);
}

function descriptorOf(values: ReturnType<typeof parse>['values']): number | null {
  const text = values['passphrase-fd'];
  if (text === undefined) return null;
  const descriptor = Number(text);
  if (Number.isInteger(descriptor) && descriptor >= 0 && descriptor <= 1023) return descriptor;
  throw usage('--passphrase-fd is the number of a file descriptor.');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function usage(message: string): DeskError {
  return new DeskError('usage', message, '`postern --help` shows the commands.');
}

/** Codes of errors that another input or another configuration would cure. */
const inputErrors =
  /^(usage|config_|agent_key_|settings_|seal_|passphrase_|data_folder_|already_running|console_|port_in_use|listen_failed|listener_insecure|socket_folder_unsafe|authority_unusable|journal_unwritable|keys_unwritable|desk_not_built|public_key_missing|demo_name_taken)/;

function exitCodeOf(error: unknown): ExitCode {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && inputErrors.test(error.code)
    ? 2
    : 1;
}

/** One message: what happened, what to do, and the code for machines. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `postern: ${String(error)}`;
  const { code, hint } = error as Error & { code?: unknown; hint?: unknown };
  const tail = typeof hint === 'string' && hint !== '' ? `\n  ${hint}` : '';
  return `postern: ${error.message}${tail}${typeof code === 'string' ? ` [${code}]` : ''}`;
}
