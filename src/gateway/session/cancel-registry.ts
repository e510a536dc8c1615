import { randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a CancelRequest does to a session; `arrivedAt` is when its connection was made, in milliseconds of the monotonic
 * clock. Resolves when its effect on the server is complete.
 */
export type CancelHandler = (arrivedAt: number) => Promise<void>;

interface Entry {
  readonly secretKey: Buffer;
  readonly cancel: CancelHandler;
}

/**
 * Who may cancel what. The client is given the upstream's process id, because clients compare it (NOTIFY, lock tests), and
 * a secret of ours, so that it cannot cancel upstream by itself.
 */
export class CancelRegistry {
  readonly #byProcess = new Map<number, Entry[]>();
  readonly #random: (size: number) => Buffer;

  constructor(random: (size: number) => Buffer = randomBytes) {
    this.#random = random;
  }

  /** `keyLength` is 4 for protocol 3.0 and 32 for 3.2. Returns the secret and how to forget it. */
  register(processId: number, keyLength: 4 | 32, cancel: CancelHandler): { secretKey: Buffer; forget: () => void } {
    const entries = this.#byProcess.get(processId) ?? [];
    // Two upstream servers may give the same process id, and 4 random bytes may come twice.
    let secretKey = this.#random(keyLength);
    while (entries.some((other) => other.secretKey.equals(secretKey))) secretKey = this.#random(keyLength);
    const entry: Entry = { secretKey, cancel };
    entries.push(entry);
    this.#byProcess.set(processId, entries);
    const forget = (): void => {
      const left = (this.#byProcess.get(processId) ?? []).filter((other) => other !== entry);
      if (left.length === 0) this.#byProcess.delete(processId);
      else this.#byProcess.set(processId, left);
    };
    return { secretKey, forget };
  }

  /** How to cancel the session that has this process id and secret; null when there is none, whichever of the two is wrong. */
  find(processId: number, secretKey: Buffer): CancelHandler | null {
    const entry = (this.#byProcess.get(processId) ?? []).find(
      (candidate) => candidate.secretKey.length === secretKey.length && timingSafeEqual(candidate.secretKey, secretKey),
    );
    return entry?.cancel ?? null;
  }
}
