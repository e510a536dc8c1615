// Runs before `npm test`: the canary test looks at each write(2) of the product with strace, on Linux. Without it, it looks at
// files, output and messages only, and says so: a missing strace fails nothing.
import { spawnSync } from 'node:child_process';
import { installWithApt } from './apt.mjs';

const missing = () => spawnSync('strace', ['--version'], { stdio: 'ignore' }).status !== 0;

if (process.platform === 'linux' && missing()) {
  installWithApt('strace', 'for the canary test');
  if (missing()) {
    process.stderr.write(
      'There is no strace: the canary test will not see each write(2). `sudo apt-get install strace`\n',
    );
  }
}
