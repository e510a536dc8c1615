// Installs Debian packages where that can be done without asking: as root, where there is apt-get. Says so, and whether it did.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const run = (program, ...args) => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { stdio: ['ignore', 2, 2], env }).status === 0;
};

export function installWithApt(name, why) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  process.stderr.write(`There is no ${name} here; installing it with apt-get ${why}.\n`);
  return run('apt-get', 'update', '-q') && run('apt-get', 'install', '-q', '-y', '--no-install-recommends', name);
}
