import { maskFor } from '../lineage/lineage.ts';
import type { Assignment } from '../lineage/place.ts';
import { derived } from '../masked-catalog.ts';
import type { Creation } from './creation.ts';
import type { TemporaryEffects } from './types.ts';

/** What is known of one statement for the temporary tables of its session, before it is known how far masked columns may steer. */
export interface TemporaryFacts {
  readonly creation: Creation | null;
  /** What it gives columns that is not clean. */
  readonly assignments: readonly Assignment[];
  readonly redefines: ReadonlySet<string>;
  /** Names of what it writes to. */
  readonly writes: readonly string[];
  readonly runsCode: boolean;
}

/** Facts of a statement that nothing is known of. */
export const opaqueTemporaryFacts: TemporaryFacts = {
  creation: null,
  assignments: [],
  redefines: new Set(),
  writes: [],
  runsCode: true,
};

/** Of what the catalog says nothing can be relied on: nothing is known of what was written. */
export const doubtedFacts = (facts: TemporaryFacts): TemporaryFacts => ({
  ...facts,
  creation: null,
  redefines: new Set([...facts.redefines, ...facts.writes]),
});

/**
 * What the statements of one text do to temporary tables. `small`: numbers of few rows are hidden in it, so they are where it puts
 * them. Only what is made by a text of its own is followed.
 */
export function temporaryEffects(
  facts: readonly TemporaryFacts[],
  { basis, small }: { readonly basis: string; readonly small: boolean },
): TemporaryEffects {
  const [only, ...others] = facts;
  const creation = others.length === 0 ? (only?.creation ?? null) : null;
  const counted = small ? facts.flatMap(({ writes }) => writes) : [];
  return {
    basis,
    creates:
      creation === null
        ? null
        : {
            name: creation.name,
            columns: creation.columns.map(({ name, lineage }) => ({ name, by: maskFor(lineage, small) })),
          },
    gives: facts
      .flatMap(({ assignments }) => assignments)
      .filter(isTemporary)
      .map(given),
    redefines: new Set([...facts.flatMap(({ redefines }) => [...redefines]), ...counted]),
    runsCode: facts.some(({ runsCode }) => runsCode),
  };
}

const isTemporary = ({ schema }: Assignment): boolean => schema === null || schema.startsWith('pg_temp');

const given = ({ relation, column, lineage }: Assignment): TemporaryEffects['gives'][number] => ({
  relation,
  column,
  by: maskFor(lineage) ?? derived,
});
