import type { GateJournals } from './gate-journal/gate-journals.ts';
import { type CoveredColumns, placeName, type RenamedAt } from './memory/covered-columns.ts';
import type { Problems } from './problems.ts';
import type { CurrentSettings } from './settings/current-settings.ts';

export interface RenamedWatchOptions {
  readonly covered: Pick<CoveredColumns, 'renamed'>;
  readonly settings: CurrentSettings;
  readonly problems: Pick<Problems, 'raise' | 'solve'>;
  readonly journals: Pick<GateJournals, 'record'>;
}

/** Tells the operator of columns that are masked although no mask rule names them any more. */
export class RenamedWatch {
  readonly #options: RenamedWatchOptions;

  constructor(options: RenamedWatchOptions) {
    this.#options = options;
  }

  /** A column was seen to have left its rule by another name. */
  seen({ connection, database, was, now, rule }: RenamedAt): void {
    const what = `connection ${connection}: ${placeName(was)} in database ${database} is called ${placeName(now)} now; it stays masked as rule ${rule} said`;
    this.#options.journals.record({ type: 'settings_changed', what, by: 'the gate' });
  }

  /** Shows what there is of a connection, or no longer. Without rules nothing is masked, so there is nothing to tell. */
  show(connection: string): void {
    const { covered, settings, problems } = this.#options;
    const [first, ...others] = covered.renamed(connection);
    const code = `columns_renamed.${connection}`;
    if (first === undefined || (settings.connection(connection)?.maskRules ?? []).length === 0)
      return problems.solve(code);
    const more = others.length === 0 ? '' : ` ${others.length} more of this kind are listed there.`;
    problems.raise({
      code,
      message: `${connection}: ${placeName(first.was)} is called ${placeName(first.now)} now, which its mask rule does not name. It stays masked.`,
      hint: `Look under Rules: name the column in the rule, or say that it need not be masked.${more}`,
    });
  }
}
