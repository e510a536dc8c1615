// Runs before `npm test`: the tests of the page drive a real browser. Finds one, or installs Debian's where that can be done
// without asking; otherwise says what to do. POSTERN_CHROMIUM names a browser that lies elsewhere.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import places from './chromium.json' with { type: 'json' };

const found = () => [process.env.POSTERN_CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path));
const run = (program, ...args) => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { stdio: ['ignore', 2, 2], env }).status === 0;
};

if (found() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  process.stderr.write('There is no Chromium here; installing it with apt-get for the tests of the page.\n');
  if (run('apt-get', 'update', '-q')) run('apt-get', 'install', '-q', '-y', '--no-install-recommends', 'chromium');
}
if (found() === undefined) {
  process.stderr.write(
    'The tests of the page need Chromium or Chrome, and none was found.\n' +
      'Install one (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`),\n' +
      'or name yours: POSTERN_CHROMIUM=/path/to/chromium npm test\n',
  );
  process.exitCode = 1;
}
