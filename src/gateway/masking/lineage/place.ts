import { derived, type MaskedBy, type MaskedCatalog, type MaskedRelation } from '../masked-catalog.ts';
import { isTold } from '../maskers/definition.ts';
import type { TreeNode } from '../tree.ts';
import { isClean, type Lineage } from './lineage.ts';
import type { Column, Level } from './range.ts';

/** A masked column that steers which rows come, in which order, or whether the statement fails. */
export interface Probe {
  readonly label: string;
  readonly by: MaskedBy;
  /** `equality`: it is compared with this many given values, and nothing else. */
  readonly use: 'equality' | 'other';
  readonly values: number;
}

/** A column that the statement gives a value. */
export interface Assignment {
  /** The relation as the statement names it; `schema` is null where it does not say. */
  readonly schema: string | null;
  readonly relation: string;
  /** Null when it cannot be told which. */
  readonly column: string | null;
  readonly lineage: Lineage;
}

/** What is seen on the way through a statement. */
export interface Findings {
  /** Labels of the masked columns that are mentioned, whatever becomes of them. */
  readonly touched: Map<string, MaskedBy>;
  /** Something is mentioned of which nothing is known. */
  unknown: boolean;
  /** The first relation that the catalog does not know. */
  unknownRelation: string | null;
  readonly probes: Probe[];
  readonly assignments: Assignment[];
  /** The columns of the relation that it makes from a query; null where it makes none. */
  created: readonly Column[] | null;
  /** The first function that would carry a masked value to where it is read without a rule. */
  carriedBy: string | null;
  /** Something that cannot be told steers the result: it may be any of the columns that are mentioned. */
  unknownSteers: boolean;
  /** A name leads to nothing that we see, though the server may see something: then it may be any column of `relations`. */
  unresolved: null | 'name' | 'qualified name';
  /** The relations with masked columns whose columns are in sight somewhere. */
  readonly relations: Set<MaskedRelation>;
  /** What decides whether other parts of an expression are computed at all: it steers where one of those may fail. */
  readonly deciding: Lineage[];
  /** Something in the statement may fail, or take long, over a value that is not masked. */
  mayFail: boolean;
  /** EXPLAIN ANALYZE prints how long each part takes: whatever is computed from a masked value steers that. */
  timed: boolean;
}

export const emptyFindings = (): Findings => ({
  touched: new Map(),
  unknown: false,
  unknownRelation: null,
  probes: [],
  assignments: [],
  created: null,
  carriedBy: null,
  unknownSteers: false,
  unresolved: null,
  relations: new Set(),
  deciding: [],
  mayFail: false,
  timed: false,
});

/** Where a node stands. */
export interface Place {
  readonly catalog: MaskedCatalog;
  /** Functions that may read or tell more than their arguments, by name. */
  readonly harmful: ReadonlySet<string>;
  readonly findings: Findings;
  /** What is in sight, the innermost query first. */
  readonly levels: readonly Level[];
  /** Common table expressions in sight, and their columns. */
  readonly tables: ReadonlyMap<string, readonly Column[]>;
  /** Named windows of the query. */
  readonly windows: ReadonlyMap<string, TreeNode>;
  /** The columns of a query's result, or of a statement's RETURNING. Handed in: queries are made of expressions, and the other way round. */
  readonly query: (type: string, node: TreeNode, place: Place) => readonly Column[];
}

/** The same place with one more FROM in sight. */
export const within = (place: Place, level: Level): Place => ({ ...place, levels: [level, ...place.levels] });

/** Notes that a value is looked at, and hands it on. What a view computes is computed now. */
export function touch(lineage: Lineage, { findings }: Place): Lineage {
  for (const [label, by] of lineage.sources) findings.touched.set(label, by);
  if (findings.timed && [...lineage.sources.values()].some(({ rule }) => rule === derived.rule))
    steer(lineage, { findings });
  if (lineage.unknown) findings.unknown = true;
  return lineage;
}

/** Notes that a value steers the result. Text of the catalogs may: whoever looks for a word in definitions reads no table. */
export function steer(lineage: Lineage, { findings }: Pick<Place, 'findings'>): void {
  if (lineage.unknown) findings.unknownSteers = true;
  for (const [label, by] of lineage.sources)
    if (!isTold(by.masker)) findings.probes.push({ label, by, use: 'other', values: 0 });
}

/** Notes that a value decides whether what stands beside it is computed: `a = 'x' AND 1 / n = 1` fails where a is x. */
export function decide(lineage: Lineage, { findings }: Place): void {
  if (!isClean(lineage)) findings.deciding.push(lineage);
}

/** Whatever steers without saying so where it stands: known once the whole statement was gone through. */
export function settle(findings: Findings): void {
  if (findings.mayFail) for (const lineage of findings.deciding) steer(lineage, { findings });
  if (!findings.unknownSteers) return;
  const possible =
    findings.unresolved !== null ? [...findings.touched, ...maskedColumns(findings.relations)] : findings.touched;
  for (const [label, by] of possible)
    if (!isTold(by.masker) && by.rule !== 'system') findings.probes.push({ label, by, use: 'other', values: 0 });
}

const maskedColumns = (relations: Iterable<MaskedRelation>): (readonly [string, MaskedBy])[] =>
  [...relations].flatMap(({ relation, masked }) =>
    relation.columns.flatMap(({ attributeNumber, name }) => {
      const by = masked.get(attributeNumber);
      return by === undefined ? [] : [[`${relation.name}.${name}`, by] as const];
    }),
  );
