/// <reference types="node" />
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

/** The policy that the desk's bundle runs under; the hosts send the same. */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

type Mode = 'production' | 'development';

/** What is built: the harness over a fake desk in the page, or the renderer itself, which needs a console behind it. */
const roots = { harness: new URL('.', import.meta.url), renderer: new URL('../../../src/renderer/', import.meta.url) };

/** A site that is served on a free loopback port. */
export interface Site {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Builds the harness and serves it under the strict policy. In development React checks more. */
export function serveHarness(mode: Mode): Promise<Site> {
  return serveBuilt(roots.harness, mode, () => false);
}

/** Builds the renderer and serves it; `handle` answers what is not a file and says whether it did. */
export function serveRenderer(handle: (request: IncomingMessage, response: ServerResponse) => boolean): Promise<Site> {
  return serveBuilt(roots.renderer, 'production', handle);
}

async function serveBuilt(
  root: URL,
  mode: Mode,
  handle: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-harness-'));
  await buildTo(folder, root, mode);
  const server = createServer((request, response) => {
    if (handle(request, response)) return;
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': mediaTypes[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': contentSecurityPolicy,
      'cache-control': path === '/' ? 'no-store' : 'max-age=600, immutable',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the site has no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function buildTo(folder: string, root: URL, mode: Mode): Promise<void> {
  // vite and its React plugin ask NODE_ENV which React to build, and vitest sets it to `test`.
  const outside = process.env.NODE_ENV;
  process.env.NODE_ENV = mode;
  try {
    await build({
      configFile: false,
      root: fileURLToPath(root),
      base: './',
      mode,
      logLevel: 'error',
      plugins: [react()],
      build: { outDir: folder, emptyOutDir: true, chunkSizeWarningLimit: 4000 },
    });
  } finally {
    process.env.NODE_ENV = outside;
  }
}
