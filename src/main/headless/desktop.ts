import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DesktopPorts {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Numeric id of this process's user; undefined on Windows. */
  readonly userId: number | undefined;
  /** Path of Electron's program file, or null when it is not installed. */
  readonly electron: string | null;
}

export type Desktop =
  | { readonly possible: true; readonly program: string }
  | { readonly possible: false; readonly why: string };

/** Whether the desktop app can open here and, if not, why: one clause for a person. */
export function desktop({ platform, environment, userId, electron }: DesktopPorts): Desktop {
  if (platform === 'linux' && !environment.DISPLAY && !environment.WAYLAND_DISPLAY) {
    return { possible: false, why: 'there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  }
  if (electron === null) {
    return { possible: false, why: 'Electron’s program is not downloaded (`npx install-electron` does that)' };
  }
  // Chromium's sandbox does not work for root, and Postern does not run without the sandbox.
  if (platform === 'linux' && userId === 0) return { possible: false, why: 'the desktop app does not run as root' };
  return { possible: true, program: electron };
}

/**
 * Finds Electron's program the way its own index.js does, without loading it: loading it would start a download.
 * `packageFolder` is Postern's own folder.
 */
export function findElectron(packageFolder: string, environment: DesktopPorts['environment']): string | null {
  const electron = join(packageFolder, 'node_modules', 'electron');
  const pathFile = join(electron, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : null;
  const override = environment.ELECTRON_OVERRIDE_DIST_PATH;
  if (override !== undefined && override !== '') return existing(join(override, name ?? 'electron'));
  return name === null ? null : existing(join(electron, 'dist', name));
}

function existing(path: string): string | null {
  return existsSync(path) ? path : null;
}
