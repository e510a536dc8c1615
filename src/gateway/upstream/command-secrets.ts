import type { CommandSource } from '../../contract/index.ts';
import { type CommandSecret, readCommandOutput } from './command-output.ts';
import type { CommandRunner } from './run-command.ts';

/** How long an output is used where neither the configuration nor the output says, in milliseconds. */
const defaultRefreshMs = 5 * 60_000;

/** A secret is not used in its last minute, or last tenth where it lives for less than ten: log-ins take time, clocks differ. */
const longestMarginMs = 60_000;

interface Entry {
  readonly answer: Promise<CommandSecret>;
  readonly since: number;
  /** Milliseconds since the epoch; null while the command runs. */
  goodUntil: number | null;
}

/** Secrets that commands printed, by their source, so that all who share one ask once. In private fields only. */
export class CommandSecrets {
  readonly #run: CommandRunner;
  readonly #clock: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #failed = new Set<string>();

  constructor(run: CommandRunner, clock: () => number) {
    this.#run = run;
    this.#clock = clock;
  }

  /** The secret, from memory while it is fresh. Rejects with an Error that says how the command failed and nothing that it wrote. */
  async ask(source: CommandSource): Promise<string> {
    const key = keyOf(source);
    const kept = this.#entries.get(key);
    const entry = kept !== undefined && this.#fresh(kept) ? kept : this.#start(key, source);
    try {
      const { secret } = await entry.answer;
      this.#failed.delete(key);
      return secret;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      this.#failed.add(key);
      throw error;
    }
  }

  /** The next `ask` runs the command again. */
  forget(source: CommandSource): void {
    this.#entries.delete(keyOf(source));
  }

  /** Whether the command failed when it ran last. */
  failed(source: CommandSource): boolean {
    return this.#failed.has(keyOf(source));
  }

  #fresh({ goodUntil, since }: Entry): boolean {
    const now = this.#clock();
    // A clock that was set back must not keep a secret for longer.
    return goodUntil === null || (now >= since && now < goodUntil);
  }

  #start(key: string, source: CommandSource): Entry {
    const since = this.#clock();
    const answer = this.#read(source);
    const entry: Entry = { answer, since, goodUntil: null };
    answer.then(
      ({ expiresAt }) => {
        entry.goodUntil = goodUntil(source, since, expiresAt);
      },
      () => undefined, // whoever asked hears it
    );
    this.#entries.set(key, entry);
    return entry;
  }

  async #read(source: CommandSource): Promise<CommandSecret> {
    const answer = readCommandOutput(await this.#run(source.command), source);
    const { expiresAt } = answer;
    if (expiresAt !== null && expiresAt <= this.#clock()) {
      throw new Error(`what it printed expired at ${new Date(expiresAt).toISOString()}`);
    }
    return answer;
  }
}

function goodUntil({ refreshSeconds }: CommandSource, since: number, expiresAt: number | null): number {
  const refreshAt = refreshSeconds === undefined ? null : since + refreshSeconds * 1000;
  if (expiresAt === null) return refreshAt ?? since + defaultRefreshMs;
  const margin = Math.min(longestMarginMs, (expiresAt - since) / 10);
  return Math.min(refreshAt ?? Number.POSITIVE_INFINITY, expiresAt - margin);
}

const keyOf = ({ command, field, expiryField, refreshSeconds }: CommandSource): string =>
  JSON.stringify([command, field, expiryField, refreshSeconds]);
