// Runs before `npm test`: the tests of the page drive a real browser. Finds one, or installs Debian's where that can be done
// without asking; otherwise says what to do. POSTERN_CHROMIUM names a browser that lies elsewhere.
import { existsSync } from 'node:fs';
import { installWithApt } from './apt.mjs';
import places from './chromium.json' with { type: 'json' };

const found = () => [process.env.POSTERN_CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path));

if (found() === undefined) installWithApt('chromium', 'for the tests of the page');
if (found() === undefined) {
  process.stderr.write(
    'The tests of the page need Chromium or Chrome, and none was found.\n' +
      'Install one (Debian, Ubuntu: `sudo apt-get install chromium`; macOS: `brew install --cask chromium`),\n' +
      'or name yours: POSTERN_CHROMIUM=/path/to/chromium npm test\n',
  );
  process.exitCode = 1;
}
