import type { ColumnName, DetectorName, Finding, MaskRule, PersonalKind } from '../../../contract/index.ts';
import type { CatalogSnapshot } from '../../sql/catalog.ts';

/** What the sampled values of one column look like. Counts only: the values are forgotten where they were read. */
export interface ColumnSample extends ColumnName {
  /** Values that are not NULL. */
  readonly looked: number;
  readonly recognised: Readonly<Partial<Record<DetectorName, number>>>;
  /** Values that begin with a common given name. */
  readonly givenNames: number;
}

export interface SuggestInput {
  readonly catalog: CatalogSnapshot;
  /** Columns that these name are left out. */
  readonly rules: readonly MaskRule[];
  readonly samples: readonly ColumnSample[];
  readonly findings: readonly Finding[];
  /** Whether the operator said that a column (`schema.table.column`) does not hold this kind of data. */
  readonly isDismissed: (place: string, kind: PersonalKind) => boolean;
}

/** One reason to take a column for personal. */
export interface Evidence {
  readonly kind: PersonalKind;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly from: 'name' | 'type' | 'comment' | 'sample' | 'finding';
  /** For the operator; never a value. */
  readonly text: string;
}
