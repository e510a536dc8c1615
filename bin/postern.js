#!/usr/bin/env node
// The command `postern`. In a checkout it builds first when the build is missing or older than the source.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`postern: Node.js 20.19 or newer is needed; this is ${process.versions.node}.\n`);
  process.exit(1);
}

/** Time of the newest file under a folder, in milliseconds. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return latest;
}

/** True when there is no build, or a source file is newer than it. Without sources (an installed package) it is as it is. */
function isStale() {
  const built = ['out/main/cli.js', 'out/renderer/index.html'].map((file) => join(root, file));
  if (!built.every((file) => existsSync(file))) return true;
  if (!existsSync(join(root, 'src'))) return false;
  const oldest = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return newest(join(root, 'src')) > oldest;
}

if (process.env.POSTERN_NO_BUILD === undefined && isStale()) {
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if (!existsSync(builder)) {
    process.stderr.write(
      'postern: it is not built, and the build tools are not installed. Run `npm ci` in its folder first.\n',
    );
    process.exit(1);
  }
  process.stderr.write('Building Postern (a few seconds)…\n');
  const build = spawnSync(process.execPath, [builder, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (build.status !== 0) {
    process.stderr.write(`${build.stdout}${build.stderr}postern: the build failed; see above. Nothing was started.\n`);
    process.exit(1);
  }
}

await import('../out/main/cli.js');
