import type { ApprovalRequest } from '../../contract/index.ts';

/** Decided requests kept for the inbox; the journals keep them all. */
const kept = 200;

/** The latest requests that ended, newest first. */
export class DecidedList {
  readonly #requests: ApprovalRequest[] = [];

  list(): ApprovalRequest[] {
    return [...this.#requests];
  }

  add(request: ApprovalRequest): void {
    this.#requests.unshift(request);
    this.#requests.length = Math.min(this.#requests.length, kept);
  }

  /** Something became of a request that was given up: it is the newest now. One that was replaced goes on in the one that replaced it. */
  retryChanged(request: ApprovalRequest): void {
    const at = this.#requests.findIndex(({ id }) => id === request.id);
    if (at >= 0) this.#requests.splice(at, 1);
    if (request.retry?.state !== 'replaced') this.add(request);
  }

  /** What was decided for a whole sequence changed; the request stays in its place. Null when it is not in the list any more. */
  sequenceChanged({ id: changedId, sequence }: ApprovalRequest): ApprovalRequest | null {
    const at = this.#requests.findIndex(({ id }) => id === changedId);
    const known = this.#requests[at];
    if (known === undefined) return null;
    const changed = { ...known, sequence };
    this.#requests[at] = changed;
    return changed;
  }
}
