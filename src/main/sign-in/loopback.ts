import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The loopback end of a sign-in (RFC 8252, section 7.3). */
export interface Loopback {
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** The address with the answer, once the browser has come back with this `state`. */
  readonly answer: Promise<URL>;
  close(): void;
}

const page = (title: string, text: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><meta name="color-scheme" content="light dark">` +
  `<body style="font:16px/1.5 system-ui;max-width:34rem;margin:20vh auto;padding:0 1rem"><h1 style="font-size:1.25rem">${title}</h1><p>${text}</p></body></html>`;

/**
 * Listens on 127.0.0.1 for one answer that carries `state`; anything else is answered and forgotten, since any page in the
 * browser, and any program here, can knock. Rejects when the port cannot be had.
 */
export async function openLoopback(port: number, state: string): Promise<Loopback> {
  let arrived: (url: URL) => void = () => undefined;
  const answer = new Promise<URL>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((request, response) => {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'referrer-policy': 'no-referrer',
    };
    const url = URL.canParse(request.url ?? '', redirectUri) ? new URL(request.url ?? '', redirectUri) : null;
    const expected = request.method === 'GET' && url?.pathname === '/callback' && request.headers.host === url.host;
    if (!expected || url.searchParams.get('state') !== state) {
      response.writeHead(404, headers).end(page('Not here', 'This address waits for one sign-in only.'));
      return;
    }
    const failed = url.searchParams.has('error');
    const [title, text] = failed
      ? ['Sign-in refused', 'The provider said no. Postern says why, where you began; you can close this page.']
      : ['Signed in', 'Postern has what it needs. You can close this page.'];
    response.writeHead(200, { ...headers, connection: 'close' }).end(page(title, text), () => arrived(url));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    answer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
