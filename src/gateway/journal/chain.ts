import type { Envelope } from './format.ts';
import { noPrevious } from './format.ts';

type ChainFault = 'record_changed' | 'record_moved' | 'record_inserted' | 'records_missing' | 'record_unreadable';

interface ChainFinding {
  readonly code: ChainFault;
  readonly record: number;
  readonly message: string;
}

/**
 * Follows the hash chain line by line and names each fault once: a change breaks the next line's link, a removal leaves a gap
 * in the numbers, a moved line fills a gap from behind, an inserted one claims a number that is taken.
 */
export class ChainCheck {
  readonly #found: (finding: ChainFinding) => void;
  /** Highest number accepted so far, and the hashes of the lines that claim it. */
  #seq = 0;
  #hashes: string[] = [noPrevious];
  /** True when line `#seq` is already reported, so that the broken link behind it is no second fault. */
  #reported = false;
  /** A broken link in front of `#seq`: that line or the one before was changed; the next link tells which. */
  #brokenBefore = false;
  #gaps: { from: number; to: number }[] = [];

  constructor(found: (finding: ChainFinding) => void) {
    this.#found = found;
  }

  /** Takes the next line. Returns true when it continues the chain without any fault. */
  next(envelope: Envelope | null, hash: string): boolean {
    const expected = this.#seq + 1;
    if (envelope === null) {
      this.#settle(false);
      this.#report('record_unreadable', expected, `Line ${expected} has not the form of a journal line.`);
      this.#accept(expected, hash, true);
      return false;
    }
    const linked = this.#hashes.includes(envelope.prev);
    if (envelope.seq === expected) return this.#neighbour(linked, expected, hash);
    if (linked) {
      this.#settle(true);
      this.#report('record_changed', expected, `Line ${expected} was changed: it calls itself ${envelope.seq}.`);
      this.#accept(expected, hash, true);
    } else if (envelope.seq > expected) {
      this.#settle(false);
      this.#gaps.push({ from: expected, to: envelope.seq - 1 });
      this.#accept(envelope.seq, hash, false);
    } else {
      this.#stray(envelope.seq, hash);
    }
    return false;
  }

  /** Says what can only be said at the end: the broken link in front of the last line, and the gaps that stayed open. */
  end(): void {
    this.#settle(true);
    for (const { from, to } of this.#gaps) {
      const what = from === to ? `Record ${from} is` : `Records ${from} to ${to} are`;
      this.#report('records_missing', from, `${what} missing.`);
    }
  }

  #neighbour(linked: boolean, seq: number, hash: string): boolean {
    this.#settle(linked);
    const broken = !linked && !this.#reported;
    this.#accept(seq, hash, false);
    this.#brokenBefore = broken;
    return linked;
  }

  #stray(seq: number, hash: string): void {
    const gap = this.#gaps.find(({ from, to }) => from <= seq && seq <= to);
    if (gap === undefined) {
      this.#report('record_inserted', seq, `A second line claims to be record ${seq}.`);
      if (seq === this.#seq) this.#hashes.push(hash);
      return;
    }
    this.#gaps = this.#gaps.flatMap((other) => (other === gap ? split(gap, seq) : [other]));
    this.#report('record_moved', seq, `Record ${seq} stands behind record ${this.#seq}: the order was changed.`);
  }

  /** Blames the open broken link: the line before it when the link behind `#seq` holds, else `#seq` itself. */
  #settle(nextLinkHolds: boolean): void {
    if (!this.#brokenBefore) return;
    this.#brokenBefore = false;
    const record = nextLinkHolds ? Math.max(this.#seq - 1, 1) : this.#seq;
    this.#report('record_changed', record, `Record ${record} was changed after it was written.`);
    this.#reported = !nextLinkHolds;
  }

  #accept(seq: number, hash: string, reported: boolean): void {
    this.#seq = seq;
    this.#hashes = [hash];
    this.#reported = reported;
  }

  #report(code: ChainFault, record: number, message: string): void {
    this.#found({ code, record, message });
  }
}

function split(gap: { from: number; to: number }, seq: number): { from: number; to: number }[] {
  return [
    { from: gap.from, to: seq - 1 },
    { from: seq + 1, to: gap.to },
  ].filter(({ from, to }) => from <= to);
}
