import WebSocket from 'ws';

/** The two halves of a console session: a cookie, and what the page keeps and shows as a subprotocol. */
export interface ConsoleSession {
  readonly cookie: string;
  readonly page: string;
}

/** Trades the token of a sign-in link for a session, as the page does. */
export async function signInToConsole(link: string): Promise<ConsoleSession> {
  const { origin, hash } = new URL(link);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin },
    body: JSON.stringify({ token }),
  });
  const { page } = (await answer.json()) as { page: string };
  return { cookie: (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '', page };
}

/** Signs in with a link and opens the line to the desk. */
export async function consoleSocket(link: string): Promise<WebSocket> {
  const { origin } = new URL(link);
  const { cookie, page } = await signInToConsole(link);
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, ['postern', page], {
    headers: { origin, cookie },
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}
