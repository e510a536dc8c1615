import { messageOf, type Problem } from '../../contract/index.ts';
import { replaceFile, type stageFile } from '../../gateway/door/files.ts';
import type { HeldKey } from './held-key.ts';
import { digestOfState, type Found, mapValues, readIfThere, type SealPlace } from './place.ts';
import { sealProblems } from './problems.ts';
import { digestOf, formatSealFile, type SealBody } from './seal-file.ts';
import type { SealRecord } from './seal-journal.ts';

export interface StatePorts {
  readonly place: SealPlace;
  readonly operator: string;
  readonly now: () => number;
  readonly stage: typeof stageFile;
  readonly record: (record: SealRecord) => void;
}

/**
 * What holds while a gate runs, and its seal when there is one. The files are written from here and never read again: another
 * program that changes them changes nothing, and is noticed.
 */
export class SealedState {
  readonly #ports: StatePorts;
  #state: Found;
  #held: HeldKey | null;
  #body: SealBody | null;
  readonly #edits = new Map<string, string | null>();
  /** Text of the seal as it was last written or checked; null without one. */
  #sealText: string | null = null;
  /** Why the last change of the seal is in no journal; null when it is in one. */
  #journalFault: string | null = null;
  /** Why the seal cannot be kept in its place; null while it can. */
  #sealFault: string | null = null;

  constructor(ports: StatePorts, state: Found, held: HeldKey | null, body: SealBody | null) {
    this.#ports = ports;
    this.#state = state;
    this.#held = held;
    this.#body = body;
  }

  get body(): SealBody | null {
    return this.#body;
  }

  get held(): HeldKey | null {
    return this.#held;
  }

  get state(): Found {
    return this.#state;
  }

  /** What the operator should know. `needed`: there is something to lose without a seal. */
  problems(needed: boolean): Problem[] {
    const sealed = this.#held !== null;
    const [journalFault, sealFault] = [this.#journalFault, this.#sealFault];
    return sealProblems({ sealed, needed, edited: this.look(), journalFault, sealFault });
  }

  text(name: string): string | null {
    return this.#state.texts[name] ?? null;
  }

  /**
   * Seals and writes one text. The seal comes first, so that a crash in between leaves a save that is finished at the next
   * start; the text is on disk beside its place before that, so that a full disk changes nothing. Throws the system's error.
   */
  write(name: string, text: string): void {
    const path = this.#ports.place.texts[name];
    if (path === undefined) throw new Error(`${name} is not among the sealed files`);
    this.look();
    const before = this.#state;
    const texts = { ...before.texts, [name]: text };
    const next = { ...before, texts, digest: digestOfState(texts, before.digests) };
    if (this.#held === null) {
      replaceFile(path, text, 0o600);
      this.#state = next;
      return;
    }
    const staged = this.#ports.stage(path, text, 0o600);
    try {
      this.seal(next, this.#held, before.texts);
    } catch (error) {
      staged.discard();
      throw error;
    }
    try {
      staged.commit();
    } catch (error) {
      this.seal(before, this.#held, next.texts); // what was not saved must not be what the next start restores
      throw error;
    }
    this.#state = next;
    this.#edits.delete(name);
    this.#say('sealed');
  }

  /** Puts the seal over `state`; `before` are the texts that lie there until they are written. Throws the system's error. */
  seal(state: Found, held: HeldKey, before: Found['texts'], least = 0): void {
    const { place, operator, now } = this.#ports;
    const body: SealBody = {
      counter: Math.max(this.#body?.counter ?? 0, least) + 1,
      sealedAt: now(),
      sealedBy: operator,
      texts: { ...state.texts },
      digests: { ...state.digests },
      before: mapValues(before, digestOf),
    };
    const text = formatSealFile(body, held.key, held.wrapped);
    replaceFile(place.sealPath, text, 0o600);
    this.#sealText = text;
    this.#body = body;
    this.#held = held;
    this.#state = state;
  }

  /** Takes `text` for the seal that lies there: it was checked. */
  checked(text: string): void {
    this.#sealText = text;
  }

  /**
   * Puts the seal back when another program changed or removed it: nobody edits it by hand, and without it the next start could not
   * put back what was sealed. Where that fails it is a problem.
   */
  keepSeal(): void {
    const text = this.#sealText;
    if (text === null || readText(this.#ports.place.sealPath) === text) return;
    this.#say('edited', 'the seal was changed by another program, and is put back');
    try {
      replaceFile(this.#ports.place.sealPath, text, 0o600);
      this.#sealFault = null;
    } catch (error) {
      this.#sealFault = messageOf(error);
    }
  }

  /** Another key over the same state. */
  rekey(held: HeldKey): void {
    this.seal(this.#state, held, this.#state.texts);
    this.#say('sealed');
  }

  /** Names of texts that another program changed on disk since they were written. Each change is recorded once. */
  look(): readonly string[] {
    const { place } = this.#ports;
    for (const [name, path] of Object.entries(place.texts)) {
      const there = readText(path);
      if (there === this.text(name)) this.#edits.delete(name);
      else if (!this.#edits.has(name) || this.#edits.get(name) !== digestOf(there)) {
        this.#edits.set(name, digestOf(there));
        if (this.#held !== null) this.#say('edited', `${name} was changed by another program`, digestOf(there));
      }
    }
    return [...this.#edits.keys()];
  }

  #say(event: SealRecord['event'], reason: string | null = null, digest: string | null = this.#state.digest): void {
    const { record, operator } = this.#ports;
    const [key, counter] = [this.#held?.key.id ?? null, this.#body?.counter ?? null];
    try {
      record({ event, key, counter, digest: digest ?? '', reason, by: operator });
      this.#journalFault = null;
    } catch (error) {
      this.#journalFault = messageOf(error);
    }
  }
}

function readText(path: string): string | null {
  try {
    return readIfThere(path)?.toString('utf8') ?? null;
  } catch {
    return null; // a folder in its place, no right to read it: whatever it is, it is not what was written
  }
}
