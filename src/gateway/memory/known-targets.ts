import { z } from 'zod';
import type { ConnectionConfig } from '../../contract/index.ts';
import type { TargetIdentity } from '../upstream/types.ts';
import type { TextStore } from './text-store.ts';

const known = z.strictObject({
  systemIdentifier: z.string().nullable(),
  /** Null on a connection that passes any database through. */
  databaseOid: z.string().nullable(),
  /** Another connection to the same database with a stricter label, that the operator knows of. */
  sameAs: z.string().nullable(),
});
const file = z.strictObject({ version: z.literal(1), targets: z.record(z.string(), known) });
type Known = z.infer<typeof known>;

/** File name in the key folder. */
export const knownTargetsFile = 'known-targets.json';

/** A session reached a database that may not be the one that is meant. */
export interface TargetDoubt {
  readonly reason: string;
  /** True once the operator has accepted this very database for the connection. */
  readonly settled: () => boolean;
}

/** Labels from the laxest on. */
const strictness = ['local', 'staging', 'production'] as const;

/**
 * Which database each connection reached before, as ssh knows its hosts: the first is trusted, another one is doubted until
 * the operator says that it is right.
 */
export class KnownTargets {
  readonly #store: TextStore;
  #targets: Record<string, Known>;
  /** What was reached and is doubted, by connection. */
  readonly #doubted = new Map<string, { readonly target: Known; readonly reason: string }>();

  /** Throws when the list cannot be read or was damaged: to forget it would be to trust anything. */
  constructor(store: TextStore) {
    this.#store = store;
    this.#targets = read(store);
  }

  /** Null when a session may work there; else why it is asked about. `configs` are all connections as configured now. */
  check(
    config: ConnectionConfig,
    reached: TargetIdentity | null,
    configs: readonly ConnectionConfig[],
  ): TargetDoubt | null {
    const before = this.#targets[config.name];
    if (reached === null) {
      const reason = 'The database does not tell which one it is, as it did before.';
      return before === undefined ? null : { reason, settled: () => false };
    }
    const twin = this.#stricterTwin(config, reached, configs);
    const now: Known = {
      systemIdentifier: reached.systemIdentifier,
      databaseOid: config.anyDatabase ? null : reached.databaseOid,
      sameAs: twin?.name ?? null,
    };
    const changed = before !== undefined && !same(before, now);
    const newTwin = twin !== null && before?.sameAs !== twin.name;
    if (!changed && !newTwin) {
      if (before === undefined) this.#keep(config.name, now);
      this.#doubted.delete(config.name);
      return null;
    }
    const reason = newTwin
      ? `Connection ${config.name} is labelled ${config.environment}, and reaches the database of connection ${twin.name}, which is labelled ${twin.environment}.`
      : `Connection ${config.name} reaches another database than before: ${nameOf(now)}, and it was ${nameOf(before)}.`;
    this.#doubted.set(config.name, { target: now, reason });
    const settled = (): boolean => {
      const accepted = this.#targets[config.name];
      return accepted !== undefined && same(accepted, now) && accepted.sameAs === now.sameAs;
    };
    return { reason, settled };
  }

  /** Why the database that a connection reached last is doubted; null when it is not. */
  doubt(connection: string): string | null {
    return this.#doubted.get(connection)?.reason ?? null;
  }

  /** The operator says that what the connection reaches now is right. False when nothing was doubted. */
  accept(connection: string): boolean {
    const doubted = this.#doubted.get(connection);
    if (doubted === undefined) return false;
    this.#keep(connection, doubted.target);
    this.#doubted.delete(connection);
    return true;
  }

  #stricterTwin(
    config: ConnectionConfig,
    { systemIdentifier, databaseOid }: TargetIdentity,
    configs: readonly ConnectionConfig[],
  ): ConnectionConfig | null {
    if (systemIdentifier === null) return null;
    const own = strictness.indexOf(config.environment);
    const twins = configs.filter(({ name, environment }) => {
      const other = name === config.name ? undefined : this.#targets[name];
      return (
        other?.systemIdentifier === systemIdentifier &&
        (other.databaseOid === null || other.databaseOid === databaseOid) &&
        strictness.indexOf(environment) > own
      );
    });
    return twins[0] ?? null;
  }

  #keep(connection: string, target: Known): void {
    const next = { ...this.#targets, [connection]: target };
    this.#store.write(`${JSON.stringify({ version: 1, targets: next }, null, 2)}\n`);
    this.#targets = next;
  }
}

const same = (one: Known, other: Known): boolean =>
  one.systemIdentifier === other.systemIdentifier && one.databaseOid === other.databaseOid;

const nameOf = (
  { systemIdentifier, databaseOid }: Known = { systemIdentifier: null, databaseOid: null, sameAs: null },
): string => `system ${systemIdentifier ?? 'unknown'}${databaseOid === null ? '' : `, database ${databaseOid}`}`;

function read({ path, read: readText }: TextStore): Record<string, Known> {
  const text = readText();
  if (text === null) return {};
  try {
    return file.parse(JSON.parse(text)).targets;
  } catch {
    throw new Error(
      `${path} is damaged; restore it from a backup, or remove it to trust anew what each connection reaches`,
    );
  }
}
