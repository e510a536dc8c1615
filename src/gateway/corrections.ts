import type { GateJournals } from './gate-journal/gate-journals.ts';
import type { Findings } from './masking/net/findings.ts';
import { type CopiedColumns, type CopyPlace, placeOfCopy } from './memory/copied-columns.ts';
import { type CoveredColumns, placeName, type RenamedKey } from './memory/covered-columns.ts';
import type { FindingDismissal } from './types.ts';
import type { SessionRoles } from './upstream/session-roles.ts';

export interface CorrectionsOptions {
  readonly findings: Findings;
  readonly copies: CopiedColumns;
  readonly covered: CoveredColumns;
  readonly roles: Pick<SessionRoles, 'renew'>;
  readonly journals: Pick<GateJournals, 'record'>;
}

/** What the operator says of things that the gate found out by itself. Each word changes what is masked, so each is recorded. */
export class Corrections {
  readonly #options: CorrectionsOptions;

  constructor(options: CorrectionsOptions) {
    this.#options = options;
  }

  /** Places do not hold what detectors or names say; or they do, after all. */
  dismissFindings({ connection, places, dismissed }: FindingDismissal, by: string): void {
    const said = places.map(({ place, kind }) => `${place} (${kind})`).join(', ');
    this.#record(connection, `${dismissed ? 'dismissed as not personal' : 'no longer dismissed'}: ${said}`, by);
    this.#options.findings.setDismissed(connection, places, dismissed);
  }

  /** A column holds no copies any more. False when it was not remembered. Throws the system's error when it cannot be written down. */
  forgetCopy(copy: CopyPlace, by: string): boolean {
    const { copies, roles } = this.#options;
    if (!copies.forget(copy)) return false;
    const said = 'is said to hold no copies of masked values any more, and is masked no longer';
    this.#record(copy.connection, `${placeOfCopy(copy)} ${said}`, by);
    void roles.renew(copy.connection);
    return true;
  }

  /** A renamed column need not be masked. False when it was not masked for its old name. Throws the system's error when it cannot be written down. */
  forgetRenamed(key: RenamedKey, by: string): boolean {
    const { covered, roles } = this.#options;
    const column = covered
      .renamed(key.connection)
      .find(
        (one) => one.database === key.database && one.oid === key.oid && one.attributeNumber === key.attributeNumber,
      );
    if (column === undefined || !covered.forget(key)) return false;
    const said = `in database ${column.database} is no longer masked for the name that it had`;
    this.#record(key.connection, `${placeName(column.now)} ${said}`, by);
    void roles.renew(key.connection);
    return true;
  }

  #record(connection: string, said: string, by: string): void {
    this.#options.journals.record({ type: 'settings_changed', what: `connection ${connection}: ${said}`, by });
  }
}
