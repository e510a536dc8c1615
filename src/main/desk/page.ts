import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { DeskError } from '../../contract/index.ts';

/** One file of the built desk, ready to be served. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The built desk by URL path (`/`, `/assets/index-….js`). */
export type Page = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Reads the whole desk into memory, once. Requests are then looked up by exact path and never become file names, so
 * there is no path to traverse. Files of other types (source maps) are left out. Throws DeskError `desk_not_built`.
 */
export async function loadPage(folder: string): Promise<Page> {
  const page = new Map<string, PageFile>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of names) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    page.set(`/${relative(folder, file).split(sep).join('/')}`, { type, body: await readFile(file) });
  }
  const index = page.get('/index.html');
  if (index === undefined) {
    throw new DeskError(
      'desk_not_built',
      `The desk is not built: there is no index.html in ${folder}.`,
      'Run `npm run build`.',
    );
  }
  page.set('/', index);
  return page;
}

/**
 * What the desk's page may load: its own files and nothing else. Not even inline styles: the replay turns the `<style>`
 * elements that xterm.js makes into constructed style sheets.
 */
export function contentSecurityPolicy(connectSources: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    `connect-src ${connectSources.length === 0 ? "'none'" : connectSources.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Headers of every answer that carries the desk. */
export function pageHeaders(connectSources: readonly string[]): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(connectSources),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), payment=()',
    'Cache-Control': 'no-store',
  };
}
