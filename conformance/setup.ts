import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kit } from './kit.ts';
import type { ServerVersion } from './options.ts';
import { must, run } from './processes.ts';
import { prepareEighteen } from './setup-eighteen.ts';

/** What the kit's own set-up expects to be installed (the head of its setup.sh), and what its scripts call. */
const packages = [
  'postgresql-15',
  'gcc',
  'make',
  'bc',
  'bzip2',
  'dpkg-dev',
  'iproute2',
  'openssl',
  'libssl-dev',
  'libicu-dev',
  'libreadline-dev',
  'libpq-dev',
  'libboost-regex1.74.0',
  'python3-venv',
  'default-jre-headless',
];

/** Installs and builds what the suites need for these servers, and leaves alone what is there already. */
export async function prepare(kit: Kit, servers: readonly ServerVersion[], say: (text: string) => void): Promise<void> {
  await mkdir(join(kit.work, 'out'), { recursive: true });
  await installPackages(kit, say);
  await prepareFifteen(kit, say);
  if (servers.includes('18')) await prepareEighteen(kit, say);
}

async function installPackages(kit: Kit, say: (text: string) => void): Promise<void> {
  const log = join(kit.work, 'out', 'apt.log');
  const missing: string[] = [];
  for (const name of packages) {
    if ((await installedVersion(name, log)) === null && !(await isThere(name, log))) missing.push(name);
  }
  if (missing.length === 0) return;
  say(`Installing Debian packages: ${missing.join(' ')}`);
  const apt = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', 'apt-get'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await must(apt[0] ?? '', [...apt.slice(1), 'update', '-qq'], { log, env });
  await must(apt[0] ?? '', [...apt.slice(1), 'install', '-y', '--no-install-recommends', ...missing], { log, env });
}

async function installedVersion(name: string, log: string): Promise<string | null> {
  const { output } = await run('dpkg-query', ['-s', name], { log });
  return /^Status: install ok installed$/m.test(output) ? (/^Version: (.+)$/m.exec(output)?.[1] ?? null) : null;
}

/** A Java or a Python from elsewhere does as well. */
async function isThere(name: string, log: string): Promise<boolean> {
  if (name === 'default-jre-headless') return (await run('sh', ['-c', 'command -v java'], { log })).exitCode === 0;
  if (name === 'python3-venv') return (await run('python3', ['-c', 'import ensurepip'], { log })).exitCode === 0;
  return false;
}

/** The kit's own set-up; again after PostgreSQL was updated, since the expected outputs change with minor versions. */
async function prepareFifteen({ scripts, work }: Kit, say: (text: string) => void): Promise<void> {
  const log = join(work, 'out', 'setup-15.log');
  const installed = (await installedVersion('postgresql-15', log)) ?? '';
  const mark = join(work, 'prepared-15');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === installed) return;
  say(`Setting up the suites of PostgreSQL ${installed} (once; a minute or two)`);
  const known = await must('apt-cache', ['madison', 'postgresql-15'], { log });
  const others = [...known.matchAll(/^\s*postgresql-15 \|\s*(\S+)/gm)].flatMap(([, version]) => version ?? []);
  // A mirror may have the packages of a security update and not their source: then the version before it is close enough.
  for (const version of new Set([installed, ...others])) {
    await clean(work);
    const { exitCode, output } = await run('bash', [join(scripts, 'setup.sh')], {
      log,
      env: { WORK: work, PGV15: version },
    });
    if (exitCode === 0) {
      if (version !== installed) say(`Debian sends no source of ${installed}: the suites are those of ${version}.`);
      await linkTestPrograms(work);
      return await writeFile(mark, installed);
    }
    say(`The set-up for ${version} failed: ${output.trim().split('\n').at(-1) ?? ''}`);
  }
  throw new Error(`The suites of PostgreSQL 15 could not be set up; see ${log}.`);
}

async function clean(work: string): Promise<void> {
  await rm(join(work, 'root'), { recursive: true, force: true });
  await rm(join(work, 'build15'), { recursive: true, force: true });
  const sources = join(work, 'src');
  await mkdir(sources, { recursive: true });
  for (const name of await readdir(sources)) {
    if (name.startsWith('postgresql-15') || name === 'debs') await rm(join(sources, name), { recursive: true });
  }
}

/** pg_regress and isolationtester are in the client's package, which is installed and not unpacked. */
async function linkTestPrograms(work: string): Promise<void> {
  const makefiles = join(work, 'root', 'usr', 'lib', 'postgresql', '15', 'lib', 'pgxs');
  if (existsSync(join(makefiles, 'src', 'test', 'regress', 'pg_regress'))) return;
  await rm(makefiles, { recursive: true, force: true });
  await symlink('/usr/lib/postgresql/15/lib/pgxs', makefiles);
}
