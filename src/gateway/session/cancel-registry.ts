import { randomBytes, timingSafeEqual } from 'node:crypto';

/** What a CancelRequest does to a session. Resolves when its effect on the server is complete. */
export type CancelHandler = () => Promise<void>;

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

  /** `keyLength` is 4 for protocol 3.0 and 32 for 3.2. Returns the secret and how to forget it. */
  register(processId: number, keyLength: 4 | 32, cancel: CancelHandler): { secretKey: Buffer; forget: () => void } {
    const entry: Entry = { secretKey: randomBytes(keyLength), cancel };
    const entries = this.#byProcess.get(processId) ?? [];
    entries.push(entry);
    this.#byProcess.set(processId, entries);
    const forget = (): void => {
      const left = (this.#byProcess.get(processId) ?? []).filter((other) => other !== entry);
      if (left.length === 0) this.#byProcess.delete(processId);
      else this.#byProcess.set(processId, left);
    };
    return { secretKey: entry.secretKey, forget };
  }

  /** False when no session has this process id and secret; a request never tells which of the two was wrong. */
  async cancel(processId: number, secretKey: Buffer): Promise<boolean> {
    const entry = (this.#byProcess.get(processId) ?? []).find(
      (candidate) => candidate.secretKey.length === secretKey.length && timingSafeEqual(candidate.secretKey, secretKey),
    );
    if (entry === undefined) return false;
    await entry.cancel();
    return true;
  }
}
