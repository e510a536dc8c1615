import { frontend } from '../wire/constants.ts';

/**
 * How far a unit is in its COPY FROM STDINs (a text or segment can hold several): those that the server began, and those
 * that the client ended with CopyDone or CopyFail, which it may do before it hears of the beginning.
 */
export class CopyProgress {
  #begun = 0;
  #ended = 0;
  #open = false;

  /** Copies that the server began in this unit. */
  get begun(): number {
    return this.#begun;
  }

  /** Copies that the client ended in this unit; those that failed before may be counted or not. */
  get ended(): number {
    return this.#ended;
  }

  /** The server takes copy data, as far as we know, and the client has not ended them. */
  get waits(): boolean {
    return this.#open && this.#ended < this.#begun;
  }

  /** A new unit is sent. */
  restart(): void {
    this.#begun = 0;
    this.#ended = 0;
    this.#open = false;
  }

  /** CopyInResponse. */
  begins(): void {
    this.#begun += 1;
    this.#open = true;
  }

  /** The client sent a message of a copy. */
  sent(type: number): void {
    if (type !== frontend.copyData) this.#ended += 1;
  }

  /** CommandComplete, ErrorResponse or ReadyForQuery: no copy is going on. */
  stops(): void {
    this.#open = false;
  }
}
