import { rmSync } from 'node:fs';
import { DeskError, type Problem, type SealDoubt, type SealView } from '../../contract/index.ts';
import { removeAsides, replaceFile, stageFile } from '../../gateway/door/files.ts';
import type { DeskSeal } from '../desk/seal.ts';
import { type HeldKey, type KeyMaking, newKey, provenKey } from './held-key.ts';
import { judgeSeal } from './judge.ts';
import { digestOfState, ensureKeys, type Found, readFound, readIfThere, type SealPlace } from './place.ts';
import { openSealFile, parseSealFile, type SealBody } from './seal-file.ts';
import {
  createSealJournal,
  readSealMemory,
  type SealJournal,
  type SealMemory,
  type SealRecord,
} from './seal-journal.ts';
import { secretsHold } from './seal-view.ts';
import { SealedState } from './sealed-state.ts';
import { SealingKey, type WrappedKey } from './sealing-key.ts';
import { type Stance, viewOf } from './stance.ts';

export interface KeeperOptions extends KeyMaking {
  readonly place: SealPlace;
  /** Recorded with what is sealed. */
  readonly operator: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether these texts may be believed without a seal; asked only where there is no trace of one. */
  readonly mayBeUnsealed: (texts: Found['texts']) => boolean;
  /** Seals at once what may be unsealed, where there is a key to seal with: a passphrase that was given, or a keychain. */
  readonly sealAtOnce: boolean;
  /** What is wrong with the texts by themselves, so that they cannot be accepted; null when nothing is. */
  readonly fault: (texts: Found['texts']) => string | null;
  /** The desk may make and change the seal. */
  readonly managed: boolean;
  /** For tests. */
  readonly stage?: typeof stageFile;
}

/**
 * Keeps the seal of one place: checks it before anything is believed, takes the operator's decision when it does not hold, and
 * then seals every change.
 */
export class SealKeeper implements DeskSeal {
  readonly #options: KeeperOptions;
  readonly #place: SealPlace;
  readonly #journal: SealJournal;
  readonly #memory: SealMemory;
  readonly #sealText: string | null;
  #found: Found;
  #stance: Stance;

  private constructor(options: KeeperOptions) {
    const { place } = options;
    this.#options = options;
    this.#place = place;
    this.#journal = createSealJournal(place, options.now);
    this.#memory = readSealMemory(place);
    for (const path of [place.sealPath, ...Object.values(place.texts)]) removeAsides(path);
    this.#sealText = readIfThere(place.sealPath)?.toString('utf8') ?? null;
    // In a place that has a seal, a key that is not there is a change; elsewhere the keys are made now, to be sealed with the rest.
    if (this.#sealText === null) ensureKeys(place);
    this.#found = readFound(place);
    this.#stance = { phase: 'doubted', doubt: 'unsealed', wrapped: null, key: null, body: null };
  }

  /**
   * Looks at the seal, and checks it where its key is at hand. Rejects with DeskError `passphrase_wrong`, and with rooms' errors
   * when files cannot be read.
   */
  static async open(options: KeeperOptions, passphrase: string | null): Promise<SealKeeper> {
    const keeper = new SealKeeper(options);
    try {
      await keeper.#begin(passphrase);
      return keeper;
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }

  get phase(): SealView['phase'] {
    return this.#stance.phase;
  }

  /** What holds. Throws when it is not known yet. */
  get state(): SealedState {
    if (this.#stance.phase !== 'open') throw new DeskError('seal_closed', 'What is sealed is not known yet.');
    return this.#stance.state;
  }

  view(): SealView {
    return viewOf(this.#stance, { found: this.#found, place: this.#place, options: this.#options });
  }

  /** Rejects with DeskError `passphrase_wrong`. */
  async unlock(passphrase: string): Promise<SealView> {
    const { wrapped } = this.#stance.phase === 'locked' ? this.#stance : { wrapped: null };
    if (wrapped?.kind === 'passphrase') {
      const key = await SealingKey.fromPassphrase(wrapped, passphrase);
      this.#found = readFound(this.#place); // it may have taken the operator a while
      this.#check(wrapped, key);
    }
    return this.view();
  }

  /**
   * The operator says that what was shown is right: it is sealed. Rejects with DeskError `seal_moved`, `settings_unreadable`,
   * `passphrase_wrong`, `passphrase_short`, `passphrase_missing`; nothing is changed then.
   */
  async accept(found: string, passphrase: string | null): Promise<SealView> {
    const stance = this.#stance;
    if (stance.phase !== 'doubted') return this.view();
    this.#unmoved(found);
    const fault = this.#options.fault(this.#found.texts);
    if (fault !== null) {
      throw new DeskError(
        'settings_unreadable',
        fault,
        'So it cannot be accepted. Repair it, or put back what was sealed.',
      );
    }
    const { wrapped, key, doubt, body } = stance;
    const held =
      wrapped === null || key === null
        ? await newKey(this.#options, passphrase)
        : await provenKey({ key, wrapped }, passphrase);
    this.#unmoved(found); // a passphrase takes a while, too
    this.#decide('accepted', doubt, this.#found, held, body);
    return this.view();
  }

  /** The operator says that what was sealed is right: it is put back. Throws DeskError `seal_moved`, `seal_not_restorable`. */
  restore(found: string): SealView {
    const stance = this.#stance;
    if (stance.phase !== 'doubted') return this.view();
    const { body, key, wrapped, doubt } = stance;
    if (body === null || key === null || wrapped === null || !secretsHold(body, this.#found)) {
      throw new DeskError(
        'seal_not_restorable',
        body === null
          ? 'What was sealed is not known: the seal itself was changed or is gone.'
          : 'A key file was changed or is gone. The seal has its digest only, so it cannot be put back from there.',
        'Put a backup in its place and start again, or accept what is there.',
      );
    }
    this.#unmoved(found);
    const sealed = { texts: body.texts, digests: body.digests, digest: digestOfState(body.texts, body.digests) };
    this.#decide('restored', doubt, sealed, { key, wrapped }, body);
    return this.view();
  }

  /**
   * Makes the seal of an open keeper, or seals with another key: under a new passphrase, or null for the keychain. `current` is
   * the passphrase until now. Rejects with DeskError as `accept`.
   */
  async change(current: string | null, next: string | null): Promise<SealView> {
    const { state } = this;
    if (!this.#options.managed) {
      throw new DeskError(
        'managed_by_file',
        'A configuration file is sealed from the command line.',
        'Use `postern seal` there.',
      );
    }
    if (state.held !== null) await provenKey(state.held, current);
    state.rekey(await newKey(this.#options, next));
    return this.view();
  }

  problems(): Problem[] {
    if (this.#stance.phase !== 'open') return [];
    const { state } = this.#stance;
    return state.problems(this.#options.managed && !this.#options.mayBeUnsealed(state.state.texts));
  }

  /** Looks after an open keeper's files every `everyMs`, and calls back when the problems are others. Returns what stops it. */
  watch(everyMs: number, changed: () => void): () => void {
    let before = '';
    const timer = setInterval(() => {
      this.state.keepSeal();
      const now = JSON.stringify(this.problems());
      if (now !== before) changed();
      before = now;
    }, everyMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** Leaves the seal in its place and closes the journal. The keeper is not to be used after. */
  async close(): Promise<void> {
    if (this.#stance.phase === 'open') this.#stance.state.keepSeal();
    await this.#journal.close();
  }

  async #begin(passphrase: string | null): Promise<void> {
    const { keychain, mayBeUnsealed, sealAtOnce } = this.#options;
    if (this.#sealText === null) {
      if (this.#memory.existed) return this.#doubt('removed', null, null, null);
      if (!mayBeUnsealed(this.#found.texts)) return this.#doubt('unsealed', null, null, null);
      const state = this.#stateOf(this.#found, null, null);
      this.#stance = { phase: 'open', state };
      if (sealAtOnce && (passphrase !== null || !('missing' in keychain)))
        state.rekey(await newKey(this.#options, passphrase));
      return;
    }
    const wrapped = parseSealFile(this.#sealText)?.key.wrapped;
    if (wrapped === undefined) return this.#doubt('forged', null, null, null);
    if (wrapped.kind === 'passphrase') {
      this.#stance = { phase: 'locked', wrapped };
      if (passphrase !== null) await this.unlock(passphrase);
      return;
    }
    const key = 'missing' in keychain ? null : await SealingKey.fromKeychain(wrapped, keychain).catch(() => null);
    if (key === null) this.#doubt('key_unavailable', null, null, null);
    else this.#check(wrapped, key);
  }

  #check(wrapped: WrappedKey, key: SealingKey): void {
    const file = parseSealFile(this.#sealText ?? '');
    const body = file === null ? null : openSealFile(file, key);
    if (body === null) return this.#doubt('forged', wrapped, key, null);
    const verdict = judgeSeal(body, this.#found, this.#memory.highest(key.id));
    if (!verdict.sound) return this.#doubt(verdict.doubt, wrapped, key, body);
    for (const name of verdict.unfinished) this.#carryOut(name, body.texts[name] ?? null);
    const sealed = { texts: body.texts, digests: body.digests, digest: digestOfState(body.texts, body.digests) };
    const state = this.#stateOf(sealed, { key, wrapped }, body);
    state.checked(this.#sealText ?? '');
    this.#stance = { phase: 'open', state };
    const reason = verdict.unfinished.length === 0 ? null : verdict.unfinished.join(', ');
    this.#record(reason === null ? 'checked' : 'completed', key.id, body.counter, reason);
  }

  #doubt(doubt: SealDoubt, wrapped: WrappedKey | null, key: SealingKey | null, body: SealBody | null): void {
    this.#stance = { phase: 'doubted', doubt, wrapped, key, body };
    if (doubt === 'unsealed') return; // there never was a seal: nothing is broken
    this.#record('broken', key?.id ?? null, body?.counter ?? null, doubt);
    ensureKeys(this.#place); // what is gone is made anew, so that accepting is over all keys
    this.#found = readFound(this.#place);
  }

  /** Seals and writes what the operator decided for, ahead of every counter that was seen. */
  #decide(event: 'accepted' | 'restored', doubt: SealDoubt, chosen: Found, held: HeldKey, body: SealBody | null): void {
    const state = this.#stateOf(chosen, held, body);
    state.seal(chosen, held, this.#found.texts, this.#memory.highest(held.key.id));
    for (const [name, text] of Object.entries(chosen.texts)) {
      if (this.#found.texts[name] !== text) this.#carryOut(name, text);
    }
    this.#found = chosen;
    this.#stance = { phase: 'open', state };
    this.#record(event, held.key.id, state.body?.counter ?? null, doubt);
  }

  #carryOut(name: string, text: string | null): void {
    const path = this.#place.texts[name];
    if (path !== undefined && text !== null) replaceFile(path, text, 0o600);
    else if (path !== undefined) rmSync(path, { force: true });
  }

  #stateOf(state: Found, held: HeldKey | null, body: SealBody | null): SealedState {
    const { operator, now, stage = stageFile } = this.#options;
    const record = (entry: SealRecord): void => this.#journal.record(entry);
    return new SealedState({ place: this.#place, operator, now, stage, record }, state, held, body);
  }

  #record(event: SealRecord['event'], key: string | null, counter: number | null, reason: string | null): void {
    this.#journal.record({ event, key, counter, digest: this.#found.digest, reason, by: this.#options.operator });
  }

  /** Nobody decides about what he has not seen. */
  #unmoved(found: string): void {
    this.#found = readFound(this.#place);
    if (this.#found.digest === found) return;
    throw new DeskError(
      'seal_moved',
      'What lies there was changed again meanwhile.',
      'Nothing was decided. Look at the new difference.',
    );
  }
}
