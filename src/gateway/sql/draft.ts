import type { EffectKind } from '../../contract/index.ts';
import type { WriteEvent } from './catalog.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type {
  Effects,
  FunctionReference,
  NameUse,
  PredicateQuality,
  RelationReference,
  SettingChange,
} from './effects.ts';
import type { SyntaxNode } from './tree.ts';
import { madeWork, mergeWork, noWork, type Workload } from './workload.ts';

/** Effects of one statement while they are being collected. */
export interface Draft {
  readonly kinds: Set<EffectKind>;
  readonly reads: Map<string, RelationReference>;
  readonly writes: Map<string, RelationReference>;
  readonly functions: Map<string, FunctionReference>;
  readonly settings: SettingChange[];
  readonly names: NameUse[];
  readonly updatedColumns: Set<string>;
  /** Node types and fields that the grammar table does not have. */
  readonly unknown: Set<string>;
  /** Relations and events whose consequences (triggers, cascades, partitions …) have been noted. */
  readonly followed: Set<string>;
  copiesColumns: boolean;
  predicate: PredicateQuality | null;
  insertedRows: number | null;
  readonly work: Workload;
  object: string | null;
  command: string | null;
}

/** A change of the rows of one relation. */
export interface Change {
  readonly event: WriteEvent;
  /** Columns that an update sets; null when any. */
  readonly columns: readonly string[] | null;
  /** TRUNCATE … CASCADE. */
  readonly cascades?: boolean;
  /** FROM ONLY: inheritance children are left alone. */
  readonly only?: boolean;
}

/** Where a node stands: what its relations mean, which names are CTEs, and how to go on. */
export interface Place {
  readonly draft: Draft;
  readonly index: CatalogIndex | null;
  /** Names of common table expressions in sight; they are no relations. */
  readonly ctes: ReadonlySet<string>;
  /** Whether a RangeVar met here is read or written. */
  readonly mode: 'read' | 'write';
  /** How rows of a RangeVar that is written change; absent for definitions. */
  readonly changes?: readonly Change[];
  /** The statement as a whole, for judgements that need all its FROM items. */
  readonly root: SyntaxNode;
  /** Text of the whole statement. */
  readonly text: string;
  /** Collects the effects of a node and all below it. Handed in, so that handlers need not import the dispatcher. */
  readonly collect: (type: string, node: SyntaxNode, place: Place) => void;
  /** Collects only the children of a node. */
  readonly descend: (type: string, node: SyntaxNode, place: Place) => void;
  /** Effects of SQL that the catalog holds (a view's definition, a function's body); null when it does not parse. */
  readonly collectSql: (sql: string, index: CatalogIndex) => Draft | null;
  /** The one relation in a view definition's FROM, as a RangeVar; null when there are others or it does not parse. */
  readonly fromOf: (definition: string) => SyntaxNode | null;
  /** The same for a PL/pgSQL function, given as its whole CREATE FUNCTION. */
  readonly collectPlpgsql: (definition: string, index: CatalogIndex | null) => Draft | null;
}

export function emptyDraft(): Draft {
  return {
    kinds: new Set(),
    reads: new Map(),
    writes: new Map(),
    functions: new Map(),
    settings: [],
    names: [],
    updatedColumns: new Set(),
    unknown: new Set(),
    followed: new Set(),
    copiesColumns: false,
    predicate: null,
    insertedRows: 0,
    work: noWork(),
    object: null,
    command: null,
  };
}

const WEAKEST_FIRST: readonly PredicateQuality[] = ['none', 'tautology', 'unproven', 'range', 'index', 'key'];

/** Keeps the weakest predicate of the statement. */
export function notePredicate(draft: Draft, quality: PredicateQuality): void {
  const before = draft.predicate;
  if (before === null || WEAKEST_FIRST.indexOf(quality) < WEAKEST_FIRST.indexOf(before)) draft.predicate = quality;
}

/** Adds the rows of one INSERT; one from a query makes the sum unknown. */
export function noteInsertedRows(draft: Draft, rows: number | null): void {
  draft.insertedRows = draft.insertedRows === null || rows === null ? null : draft.insertedRows + rows;
}

/**
 * Adds a relation that is read. What only policies look at gives way to any other way to it, and any way to the statement's
 * own words. True when what hangs on the relation is to be followed (again).
 */
export function addRead(draft: Draft, reference: RelationReference): boolean {
  const key = `${reference.schema ?? ''}.${reference.name}`;
  const before = draft.reads.get(key);
  const becomesTaken = before?.via === 'policy' && reference.via !== 'policy';
  const becomesNamed = before?.via !== undefined && reference.via === undefined;
  if (before === undefined || becomesTaken || becomesNamed) draft.reads.set(key, reference);
  return before === undefined || becomesTaken;
}

/**
 * Adds to a draft what code behind it would do: kinds, relations, functions, settings. Predicates are
 * the statement's own: updates and deletes of the code make them unproven.
 */
export function mergeDraft(draft: Draft, from: Draft, via: NonNullable<RelationReference['via']>): void {
  for (const kind of from.kinds) draft.kinds.add(kind);
  for (const reference of from.reads.values())
    addRead(draft, reference.via === 'policy' ? reference : { ...reference, via });
  for (const [key, reference] of from.writes) if (!draft.writes.has(key)) draft.writes.set(key, { ...reference, via });
  for (const [key, called] of from.functions) if (!draft.functions.has(key)) draft.functions.set(key, called);
  draft.settings.push(...from.settings);
  if (from.kinds.has('update') || from.kinds.has('delete')) notePredicate(draft, 'unproven');
  noteInsertedRows(draft, from.insertedRows);
  mergeWork(draft.work, from.work);
}

export function finish(draft: Draft): Effects {
  const understood = draft.unknown.size === 0 && !draft.kinds.has('unknown');
  if (!understood) draft.kinds.add('unknown');
  return {
    kinds: [...draft.kinds],
    reads: [...draft.reads.values()],
    writes: [...draft.writes.values()],
    functions: [...draft.functions.values()],
    predicate: draft.predicate,
    insertedRows: draft.insertedRows,
    ...(madeWork(draft.work) && { work: { ...draft.work } }),
    object: draft.object,
    command: draft.command,
    settings: [...new Set(draft.settings.map((change) => change.name))],
    settingChanges: [...draft.settings],
    updatedColumns: [...draft.updatedColumns],
    copiesColumns: draft.copiesColumns,
    understood,
  };
}
