import type { TokenRequest } from '../../contract/index.ts';

/** How long a program waits for the operator, in milliseconds. */
const deadlineMs = 120_000;
/** Programs that may wait at once: more than that is no person at a terminal. */
const mostWaiting = 5;

/** How a request ended: by the operator's answer, or with nobody's. */
export type TokenAnswer = 'given' | 'refused' | 'expired' | 'withdrawn' | 'too_many';

export interface TokenRequestsOptions {
  readonly now: () => number;
  readonly newId: () => string;
  /** Some bytes for the code that both sides show. */
  readonly random: (size: number) => Buffer;
}

type Asked = Pick<TokenRequest, 'connection' | 'provider' | 'subject' | 'otherConnections'>;

/** Letters and digits that nobody takes for one another. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/**
 * Programs that wait until the operator gives them a token: a promise with an id and a deadline, refused when nobody answers,
 * withdrawn when the program leaves.
 */
export class TokenRequests {
  readonly #options: TokenRequestsOptions;
  readonly #waiting = new Map<
    string,
    { readonly request: TokenRequest; readonly end: (answer: TokenAnswer) => void }
  >();
  readonly #listeners = new Set<() => void>();

  constructor(options: TokenRequestsOptions) {
    this.#options = options;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Oldest first. */
  list(): TokenRequest[] {
    return [...this.#waiting.values()].map(({ request }) => request);
  }

  /** Resolves with how it ended. `told` hears the code once the operator can see the request. */
  ask(asked: Asked, signal: AbortSignal, told: (code: string) => void): Promise<TokenAnswer> {
    if (this.#waiting.size >= mostWaiting) return Promise.resolve('too_many');
    const { now, newId, random } = this.#options;
    const code = [...random(4)].map((byte) => alphabet[byte % alphabet.length]).join('');
    const askedAt = now();
    const request = { ...asked, id: newId(), code, askedAt, deadlineAt: askedAt + deadlineMs };
    return new Promise((resolve) => {
      const end = (answer: TokenAnswer): void => {
        if (!this.#waiting.delete(request.id)) return;
        clearTimeout(late);
        signal.removeEventListener('abort', leave);
        this.#changed();
        resolve(answer);
      };
      const leave = (): void => end('withdrawn');
      const late = setTimeout(() => end('expired'), deadlineMs);
      this.#waiting.set(request.id, { request, end });
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) return leave();
      this.#changed();
      told(code);
    });
  }

  /** False when there is no such request any more. */
  answer(id: string, give: boolean): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.end(give ? 'given' : 'refused');
    return waiting !== undefined;
  }

  /** Withdraws all. For the end of the process. */
  stop(): void {
    for (const { end } of [...this.#waiting.values()]) end('withdrawn');
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
