/** Gets one JSON object. Rejects with an Error whose message says why there is none. */
export type FetchJson = (url: string) => Promise<Readonly<Record<string, unknown>>>;

const timeoutMs = 5_000;
const longestAnswer = 512 * 1024;

/** The default: 5 s for everything, 512 KiB, no redirects, since whoever can redirect us could hand us keys of its own. */
export const fetchJson: FetchJson = async (url) => {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new Error(`${url} does not answer: ${causeOf(error)}`);
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answers ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > longestAnswer) throw new Error(`${url} sends more than ${longestAnswer} bytes`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Error(`${url} sends no JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${url} sends no JSON object`);
  return value as Record<string, unknown>;
};

/** `fetch` says only that it failed; why stands in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'TimeoutError') return `not within ${timeoutMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const { code } = cause as { code?: unknown };
  return cause.message !== '' ? cause.message : String(code ?? cause.name);
}
