import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { desktop, findElectron } from '../../../src/main/headless/desktop.ts';

const ready = { platform: 'linux', environment: { DISPLAY: ':0' }, userId: 1000, electron: '/e/electron' } as const;

test.each([
  ['a display and the program: it opens', ready, { possible: true, program: '/e/electron' }],
  [
    'Wayland counts as a display',
    { ...ready, environment: { WAYLAND_DISPLAY: 'wayland-0' } },
    { possible: true, program: '/e/electron' },
  ],
  [
    'macOS always has one',
    { ...ready, platform: 'darwin', environment: {} },
    { possible: true, program: '/e/electron' },
  ],
  [
    'no display',
    { ...ready, environment: {} },
    { possible: false, why: 'there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)' },
  ],
  [
    'no program',
    { ...ready, electron: null },
    { possible: false, why: 'Electron’s program is not downloaded (`npx install-electron` does that)' },
  ],
  [
    'root, who has no sandbox',
    { ...ready, userId: 0 },
    { possible: false, why: 'the desktop app does not run as root' },
  ],
] as const)('%s', (_what, ports, expected) => {
  expect(desktop(ports)).toEqual(expected);
});

test('Electron is found where its installer leaves it, and only when the program is really there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-electron-'));
  const electron = join(folder, 'node_modules', 'electron');
  await mkdir(join(electron, 'dist'), { recursive: true });
  expect(findElectron(folder, {})).toBeNull();
  await writeFile(join(electron, 'path.txt'), 'electron');
  expect(findElectron(folder, {})).toBeNull();
  await writeFile(join(electron, 'dist', 'electron'), '');
  expect(findElectron(folder, {})).toBe(join(electron, 'dist', 'electron'));
  expect(findElectron(folder, { ELECTRON_OVERRIDE_DIST_PATH: '/nonexistent' })).toBeNull();
});
