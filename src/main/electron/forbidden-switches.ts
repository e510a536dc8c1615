/** Switches that would let any program of this user drive the desk, and so approve a statement. */
const forbidden = [
  'inspect',
  'inspect-brk',
  'inspect-port',
  'inspect-publish-uid',
  'inspect-wait',
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-allow-origins',
  'js-flags',
  'load-extension',
  'no-sandbox',
  'disable-web-security',
];

/**
 * The first switch of a command line that a packaged Postern refuses to start with, or null. Chromium takes switches
 * with one dash as well as with two.
 */
export function forbiddenSwitch(args: readonly string[]): string | null {
  return (
    args.find((arg) => forbidden.includes(arg.replace(/^--?/, '').split('=', 1)[0] ?? '') && arg.startsWith('-')) ??
    null
  );
}
