import type { Replay } from '../../contract/index.ts';
import { paint } from './ansi.ts';

/** Characters of frames in one replay: what a browser plays and seeks without strain. */
const maxLength = 8 * 1024 * 1024;

/** Takes what is drawn at which moment. Moments never go back, even when the wall clock did. */
export class ReplayTape {
  readonly frames: Replay['frames'] = [];
  readonly #startedAt: number;
  #at = 0;
  #length = 0;
  #atLineStart = true;
  /** Number of the statement that the terminal shows last; results of another are introduced by name. */
  shownStatement: number | null = null;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  get full(): boolean {
    return this.#length >= maxLength;
  }

  get durationMs(): number {
    return this.#at;
  }

  get now(): number {
    return this.#at;
  }

  /** `time` in milliseconds since the epoch. */
  moveTo(time: number): void {
    this.moveToOffset(time - this.#startedAt);
  }

  /** `at` in milliseconds from the start. */
  moveToOffset(at: number): void {
    this.#at = Math.max(this.#at, at);
  }

  offsetOf(time: number): number {
    return Math.max(0, time - this.#startedAt);
  }

  /** Adds to the current frame, or starts one. `data` has no control characters but those of `paint` and CR LF. */
  write(data: string): void {
    if (data === '') return;
    this.#length += data.length;
    this.#atLineStart = data.endsWith('\n');
    const last = this.frames.at(-1);
    if (last !== undefined && last.at === this.#at) last.data += data;
    else this.frames.push({ at: this.#at, data });
  }

  /** A line of its own, whatever stood before. */
  line(text: string): void {
    this.freshLine();
    this.write(`${text}\r\n`);
  }

  freshLine(): void {
    if (!this.#atLineStart) this.write('\r\n');
  }

  finish(note: string | null): void {
    if (this.full)
      this.line(
        paint('yellow', 'This session is too long to be replayed further; its journal and its report are complete.'),
      );
    else if (note !== null) this.line(paint('yellow', note));
  }
}
