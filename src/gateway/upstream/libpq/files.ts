import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../contract/index.ts';
import { UpstreamError } from '../error.ts';
import { readService, type ServiceEntries, ServiceSyntaxError, serviceNames } from './service-file.ts';

/** libpq's variables of where its files are: `PGPASSFILE`, `PGSERVICEFILE`, `PGSYSCONFDIR`, `HOME`, `APPDATA`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const windows = process.platform === 'win32';

/** Folders that packagers build libpq with (SYSCONFDIR): Debian, Red Hat, PostgreSQL's own, Homebrew. */
const systemFolders = windows
  ? []
  : ['/etc/postgresql-common', '/etc', '/usr/local/pgsql/etc', '/opt/homebrew/etc/postgresql'];

function userFile(environment: Environment, name: string, nameOnWindows: string): string {
  if (windows) return join(environment.APPDATA ?? homedir(), 'postgresql', nameOnWindows);
  return join(environment.HOME ?? homedir(), name);
}

/** The password file: PostgreSQL manual, "The Password File". */
export const passwordFilePath = (environment: Environment): string =>
  environment.PGPASSFILE || userFile(environment, '.pgpass', 'pgpass.conf');

/** The service files in the order in which they are looked through: manual, "The Connection Service File". A given one is the only one. */
export function serviceFilePaths(environment: Environment, file: string | undefined): readonly string[] {
  if (file !== undefined) return [file];
  const own = environment.PGSERVICEFILE ?? userFile(environment, '.pg_service.conf', '.pg_service.conf');
  const folders = environment.PGSYSCONFDIR === undefined ? systemFolders : [environment.PGSYSCONFDIR];
  return [own, ...folders.map((folder) => join(folder, 'pg_service.conf'))];
}

/** A service as it was found. */
export interface FoundService {
  readonly file: string;
  readonly entries: ServiceEntries;
  /** True when others than the owner may read the file. */
  readonly open: boolean;
}

/** Looks a service up. Throws UpstreamError `credential_missing` when there is none, `credential_file` when a file cannot be used. */
export function findService(environment: Environment, service: string, file: string | undefined): FoundService {
  const paths = serviceFilePaths(environment, file);
  for (const path of paths) {
    // A file that was named has to be there; those that libpq looks for by itself may be missing.
    const named = path === file || path === environment.PGSERVICEFILE;
    if (!named && !existsSync(path)) continue;
    const { text, open } = readSmallFile(path, 'service file');
    try {
      const entries = readService(text, service);
      if (entries !== null) return { file: path, entries, open };
    } catch (error) {
      if (!(error instanceof ServiceSyntaxError)) throw error;
      throw new UpstreamError('credential_file', {
        message: `line ${error.line} of the service file ${path} ${error.message}`,
        hint: 'Correct the line, or give host, port, database and user of the connection yourself.',
      });
    }
  }
  throw new UpstreamError('credential_missing', {
    message: `there is no service ${service} in ${paths.join(', ')}`,
    hint: 'Name a service of one of these files, or give the file as well.',
  });
}

/** The services that libpq finds without a file being named, the first of each name. Files that cannot be read give none. */
export function listServices(environment: Environment): readonly { readonly service: string; readonly file: string }[] {
  const found = serviceFilePaths(environment, undefined).flatMap((file) => {
    try {
      return serviceNames(readSmallFile(file, 'service file').text).map((service) => ({ service, file }));
    } catch {
      return []; // a list to choose from; whoever names a service of such a file hears what is wrong with it
    }
  });
  return found.filter(({ service }, at) => found.findIndex((other) => other.service === service) === at);
}

/**
 * The text of a password file that only its owner may read. Throws UpstreamError `credential_missing` when it is not there,
 * `credential_file` when it cannot be read or others may read it: libpq ignores such a file, and so nobody hears why the
 * password is missing.
 */
export function readPasswordFile(path: string): string {
  const { text, open } = readSmallFile(path, 'password file');
  if (open) throw readableByOthers(path, 'password file');
  return text;
}

/** The error about a file with a password that others may read. */
export const readableByOthers = (path: string, what: string): UpstreamError =>
  new UpstreamError('credential_file', {
    message: `the ${what} ${path} can be read by others than its owner, so its password is not used`,
    hint: `Run "chmod 600 ${path}", and change the password if somebody else may have read it.`,
  });

const largest = 1024 * 1024;

function readSmallFile(path: string, what: string): { readonly text: string; readonly open: boolean } {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not hold the gate up
    const facts = fstatSync(descriptor); // of what is open, so that it is the file that is read
    if (!facts.isFile()) throw new Error('it is not a plain file');
    if (facts.size > largest) throw new Error(`it has more than ${largest} bytes`);
    return { text: readFileSync(descriptor, 'utf8'), open: !windows && (facts.mode & 0o077) !== 0 };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      throw new UpstreamError('credential_missing', {
        message: `there is no ${what} ${path}`,
        hint: 'Make it, or choose where the password comes from under Connections.',
      });
    }
    throw new UpstreamError('credential_file', {
      message: `the ${what} ${path} cannot be read: ${messageOf(error)}`,
      hint: 'Check the path and the rights of the file.',
    });
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
