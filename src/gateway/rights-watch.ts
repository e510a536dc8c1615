import { nextEnd } from './identity/rights.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import { watchExpiry } from './token-expiry.ts';

/** Ends the sessions that may not go on: when the settings change, and when a right ends by itself. */
export class RightsWatch {
  readonly #settings: CurrentSettings;
  readonly #sessions: Pick<LiveSessions, 'end'>;
  #stopAwaiting = (): void => undefined;

  constructor(settings: CurrentSettings, sessions: Pick<LiveSessions, 'end'>) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#awaitNextEnd();
  }

  /** Looks at every live session under the settings of now. */
  look(): void {
    const now = Date.now();
    void this.#sessions.end(({ connection }, identity) => this.#settings.whyOver(identity, connection, now));
    this.#awaitNextEnd();
  }

  stop(): void {
    this.#stopAwaiting();
  }

  #awaitNextEnd(): void {
    this.#stopAwaiting();
    const end = nextEnd(this.#settings.all, Date.now());
    this.#stopAwaiting = end === null ? () => undefined : watchExpiry(end, Date.now, () => this.look());
  }
}
