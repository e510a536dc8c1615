import { spawn } from 'node:child_process';

/** Opens an address in the system's browser. False when there is none to be expected here; nobody is told that it failed later. */
export function openBrowser(
  url: string,
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const opener = openerOf(platform, environment);
  if (opener === null) return false;
  const [program, ...args] = opener;
  // Never through a shell: the address holds what the provider's metadata and the configuration say.
  spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
  return true;
}

/** Program and arguments that go before the address. */
export function openerOf(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open'] : null;
}
