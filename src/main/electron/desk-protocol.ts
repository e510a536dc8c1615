import { type Page, pageHeaders } from '../desk/page.ts';
import { deskOrigin } from './window-options.ts';

/** Answers one request of the page, from memory. The page talks to the gate over IPC, so it may connect to nothing. */
export function answerDeskRequest(page: Page, request: Pick<Request, 'url' | 'method'>): Response {
  const headers = pageHeaders([]);
  const url = new URL(request.url);
  // `URL.origin` is "null" for schemes that are not the web's own.
  const file = `${url.protocol}//${url.host}` === deskOrigin ? page.get(url.pathname) : undefined;
  if (file === undefined) return new Response('There is nothing here.', { status: 404, headers });
  if (request.method !== 'GET') return new Response(null, { status: 405, headers });
  return new Response(new Uint8Array(file.body), { status: 200, headers: { ...headers, 'Content-Type': file.type } });
}
