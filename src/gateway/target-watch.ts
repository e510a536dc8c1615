import type { ConnectionConfig } from '../contract/index.ts';
import type { GateJournals } from './gate-journal/gate-journals.ts';
import type { KnownTargets } from './memory/known-targets.ts';
import type { Problems } from './problems.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import type { GatewayOptions } from './types.ts';
import type { TargetIdentity } from './upstream/types.ts';

export interface TargetWatchOptions {
  readonly targets: KnownTargets;
  readonly settings: CurrentSettings;
  readonly journals: Pick<GateJournals, 'record'>;
  readonly problems: Problems;
  readonly log: GatewayOptions['log'];
}

/** Sees to it that a connection reaches the database that is meant; where it is doubted, the operator is told, and statements ask. */
export class TargetWatch {
  readonly #options: TargetWatchOptions;

  constructor(options: TargetWatchOptions) {
    this.#options = options;
  }

  /** A session reached this database. Returns what says, from then on, why it is doubted; null when it is not. */
  reached(config: ConnectionConfig, identity: TargetIdentity | null): () => string | null {
    const { targets, settings, journals, problems, log } = this.#options;
    const doubt = targets.check(config, identity, settings.all.connections);
    if (doubt === null) {
      problems.solve(problemOf(config.name));
      return () => null;
    }
    log('warn', doubt.reason, { connection: config.name });
    journals.record({ type: 'target_doubted', connection: config.name, reason: doubt.reason });
    problems.raise({
      code: problemOf(config.name),
      message: doubt.reason,
      hint: 'Its statements are held. Look under Connections whether the database is the right one, and say so there.',
    });
    return () => (doubt.settled() ? null : doubt.reason);
  }

  /** Why the database that a connection reached last is doubted; null when it is not. */
  doubt(connection: string): string | null {
    return this.#options.targets.doubt(connection);
  }

  /** The operator says that the doubted database is the right one. False when nothing was doubted. */
  accept(connection: string, by: string): boolean {
    const { targets, journals, problems } = this.#options;
    const doubt = targets.doubt(connection);
    if (doubt === null || !targets.accept(connection)) return false;
    journals.record({ type: 'settings_changed', what: `${doubt} Accepted as right.`, by });
    problems.solve(problemOf(connection));
    return true;
  }
}

const problemOf = (connection: string): string => `target_changed.${connection}`;
