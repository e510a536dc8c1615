import { qualifiedName } from '../sql/effects.ts';
import { hasColumn, type MaskedBy, type MaskedCatalog, type MaskedRelation, maskedNames } from './masked-catalog.ts';
import { isSystemSchema, systemValueColumns } from './system-relations.ts';
import {
  aliasOf,
  columnReference,
  functionName,
  isNode,
  listOf,
  stringOf,
  type TreeNode,
  textOf,
  walk,
} from './tree.ts';

/**
 * What one statement says about masked columns, by name (reference/masking.md §5b): every relation it mentions, the
 * masked names of those, closed over aliases. There is no scoping: a name counts wherever it stands, so that what is
 * not known can only mask too much.
 */
export interface StatementScope {
  /** Masked relations mentioned, `schema.name`. */
  readonly maskedRelations: readonly MaskedRelation[];
  /** A relation that the catalog does not know. */
  readonly unknownRelation: string | null;
  /** Columns of the catalogs that hold values, when a relation that has them is mentioned. */
  readonly systemValues: boolean;
  /** Common table expressions, sub-selects, functions in FROM, joins with an alias: names are then not simply columns. */
  readonly simple: boolean;
  /** Labels (`users.email`) of the masked columns that a part of the tree mentions; empty when it mentions none. */
  mentions(tree: unknown): ReadonlySet<string>;
  /** The mask of the column that a bare reference is; null when it is not masked, undefined when that cannot be told. */
  originOf(node: TreeNode): MaskedBy | null | undefined;
  /** True when a bare reference is a column of base relations only, none of them masked under that name. */
  isCleanReference(node: TreeNode): boolean;
}

interface Source {
  /** Null for a CTE, sub-select, function or join: anything may come out of it. */
  readonly entry: MaskedRelation | null;
}

/** Reads a whole statement. `node` is the tree of one statement, or of a view's query. */
export function statementScope(node: unknown, catalog: MaskedCatalog): StatementScope {
  const sensitive = new Map<string, Set<string>>();
  const sources = new Map<string, Source[]>();
  const maskedRelations: MaskedRelation[] = [];
  const readRelations: MaskedRelation[] = [];
  const commonTables = new Set<string>();
  let unknownRelation: string | null = null;
  let systemValues = false;
  let simple = true;

  const addName = (name: string, labels: Iterable<string>): boolean => {
    const known = sensitive.get(name) ?? new Set<string>();
    const before = known.size;
    for (const label of labels) known.add(label);
    if (known.size === before) return false;
    sensitive.set(name, known);
    return true;
  };
  const addSource = (name: string, source: Source): void => {
    const known = sources.get(name);
    if (known === undefined) sources.set(name, [source]);
    else known.push(source);
  };

  const written = writeTargets(node);
  const addRelation = (range: TreeNode, name: string): void => {
    const target = written.has(range);
    const schema = textOf(range.schemaname);
    const alias = aliasOf(range);
    const found = (catalog.byName.get(name) ?? []).filter(
      (entry) => schema === null || entry.relation.schema === schema,
    );
    const shadowed = schema === null && commonTables.has(name);
    if (shadowed) addSource(alias.name ?? name, { entry: null });
    for (const entry of found) {
      addSource(alias.name ?? name, { entry });
      if (entry.masked.size === 0) continue;
      maskedRelations.push(entry);
      if (!target) readRelations.push(entry);
      const label = (column: string): string => `${name}.${column}`;
      for (const column of maskedNames(entry)) addName(column, [label(column)]);
      for (const [index, column] of alias.columns.entries()) {
        const target = entry.relation.columns[index];
        if (target === undefined || entry.masked.has(target.attributeNumber))
          addName(column, [label(target?.name ?? '*')]);
      }
    }
    if (alias.columns.length > 0) simple = false;
    const values = found.length > 0 ? [] : systemValueColumns(name);
    if (values.length > 0) {
      systemValues = true;
      for (const column of values) addName(column, [`${name}.${column}`]);
      addSource(alias.name ?? name, { entry: null });
      simple = false;
    }
    if (found.length > 0 || shadowed) return;
    if (schema === null ? name.startsWith('pg_') : isSystemSchema(schema))
      addSource(alias.name ?? name, { entry: null });
    else if (!target) unknownRelation ??= qualifiedName({ schema, name });
    simple = false;
  };

  walk(node, (item) => {
    const name = textOf(item.ctename);
    if (name !== null) {
      commonTables.add(name);
      addSource(name, { entry: null });
      simple = false;
    }
    return undefined;
  });
  walk(node, (item, key) => {
    const name = textOf(item.relname);
    if (name !== null) addRelation(item, name);
    if (key === 'RangeSubselect' || key === 'RangeFunction' || key === 'RangeTableFunc' || key === 'JsonTable')
      simple = false;
    if (key === 'JoinExpr' && (aliasOf(item).name !== null || isNode(item.join_using_alias))) simple = false;
    return undefined;
  });
  const starLabels = (items: readonly MaskedRelation[]): string[] => items.map((entry) => `${entry.relation.name}.*`);
  const systemLabels = (): string[] => (systemValues ? ['pg_catalog.*'] : []);
  const wholeRows = new Map<string, Set<string>>();
  for (const [name, list] of sources) {
    const masked = list.flatMap((source) =>
      source.entry !== null && source.entry.masked.size > 0 ? [source.entry] : [],
    );
    if (masked.length > 0) wholeRows.set(name, new Set(starLabels(masked)));
  }

  const referenceLabels = (item: TreeNode): Iterable<string> => {
    const { names, star } = columnReference(item);
    const last = names.at(-1);
    if (last === undefined) return star ? [...starLabels(readRelations), ...systemLabels()] : [];
    if (star) {
      const owners = sources.get(last);
      if (owners === undefined) return [...starLabels(readRelations), ...systemLabels()];
      const whole = [...(wholeRows.get(last) ?? [])];
      return systemValues && owners.some((owner) => owner.entry === null) ? [...whole, ...systemLabels()] : whole;
    }
    const qualifier = names.at(-2);
    if (qualifier === undefined) return [...(sensitive.get(last) ?? []), ...(wholeRows.get(last) ?? [])];
    const owners = sources.get(qualifier);
    const labels = new Set<string>();
    if (owners === undefined || owners.some((owner) => owner.entry === null)) {
      for (const label of sensitive.get(last) ?? []) labels.add(label);
    }
    for (const owner of owners ?? []) {
      if (owner.entry === null || owner.entry.masked.size === 0) continue;
      const column = owner.entry.relation.columns.find((candidate) => candidate.name === last);
      // A name that is no column of the table is a function of its whole row: `u.to_jsonb`, `u.user_label`.
      if (column === undefined && !isSystemColumn(last)) labels.add(`${owner.entry.relation.name}.*`);
      else if (column !== undefined && owner.entry.masked.has(column.attributeNumber)) {
        labels.add(`${owner.entry.relation.name}.${last}`);
      }
    }
    if (owners?.some((owner) => owner.entry !== null) === true) {
      // Column aliases (`users AS t(a, b)`) rename what the qualifier offers.
      for (const label of simple ? [] : (sensitive.get(last) ?? [])) labels.add(label);
    }
    return labels;
  };

  const mentions = (tree: unknown): ReadonlySet<string> => {
    const labels = new Set<string>();
    if (sensitive.size === 0 && maskedRelations.length === 0) return labels;
    const add = (items: Iterable<string>): void => {
      for (const label of items) labels.add(label);
    };
    walk(tree, (item, key) => {
      if (key === 'ColumnRef') {
        add(referenceLabels(item));
        return false;
      }
      if (key === 'FuncCall') add(sensitive.get(functionName(item)) ?? []);
      if (key === 'A_Indirection')
        for (const part of listOf(item.indirection)) add(sensitive.get(stringOf(part) ?? '') ?? []);
      if (key === 'JoinExpr') {
        for (const part of listOf(item.usingClause)) add(sensitive.get(stringOf(part) ?? '') ?? []);
        if (aliasOf(item).columns.length > 0) add(starLabels(maskedRelations));
      }
      return undefined;
    });
    return labels;
  };

  // Aliases of what mentions a masked column are masked names themselves, until nothing new is found.
  for (let changed = sensitive.size > 0 || maskedRelations.length > 0; changed; ) {
    changed = false;
    walk(node, (item, key) => {
      const spread = (name: string | null, labels: ReadonlySet<string>): void => {
        if (name !== null && labels.size > 0 && addName(name, labels)) changed = true;
      };
      if (key === 'ResTarget' && item.val !== undefined) spread(textOf(item.name), mentions(item.val));
      const isTable = textOf(item.ctename) !== null;
      if (
        isTable ||
        key === 'RangeSubselect' ||
        key === 'RangeFunction' ||
        key === 'RangeTableFunc' ||
        key === 'JoinExpr'
      ) {
        const labels = mentions(isTable ? item.ctequery : { [key]: item });
        const alias = aliasOf(item);
        const columns = [...alias.columns, ...listOf(item.aliascolnames).map(stringOf)];
        for (const column of columns) spread(column, labels);
        // Whole rows of it: `SELECT c FROM c`.
        if (key !== 'JoinExpr') spread(isTable ? textOf(item.ctename) : alias.name, labels);
      }
      return undefined;
    });
  }

  return {
    maskedRelations,
    unknownRelation,
    systemValues,
    simple,
    mentions,
    originOf: (item) => {
      const { names, star } = columnReference(item);
      const last = names.at(-1);
      if (star || last === undefined || !simple) return undefined;
      const owners = names.length === 1 ? [...sources.values()].flat() : (sources.get(names.at(-2) ?? '') ?? []);
      const entries = owners.flatMap((owner) =>
        owner.entry !== null && hasColumn(owner.entry, last) ? [owner.entry] : [],
      );
      const [entry, ...others] = entries;
      const column = entry?.relation.columns.find((candidate) => candidate.name === last);
      if (entry === undefined || column === undefined || others.length > 0) return undefined;
      return entry.masked.get(column.attributeNumber) ?? null;
    },
    isCleanReference: (item) => {
      const { names, star } = columnReference(item);
      const last = names.at(-1);
      if (star || last === undefined || !simple) return false;
      if (mentions({ ColumnRef: item }).size > 0) return false;
      const owners = names.length === 1 ? [...sources.values()].flat() : (sources.get(names.at(-2) ?? '') ?? []);
      return owners.some((owner) => owner.entry !== null && hasColumn(owner.entry, last));
    },
  };
}

/** Relations that a statement only fills: INSERT without RETURNING, INTO, and names that are being made. */
function writeTargets(node: unknown): ReadonlySet<unknown> {
  const targets = new Set<unknown>();
  walk(node, (item, key) => {
    if (key === 'InsertStmt' && item.returningClause === undefined && item.returningList === undefined) {
      targets.add(item.relation);
    }
    if (key === 'intoClause' || key === 'into') targets.add(item.rel);
    if (key === 'CreateStmt') targets.add(item.relation);
    if (key === 'ViewStmt') targets.add(item.view);
    return undefined;
  });
  return targets;
}

const isSystemColumn = (name: string): boolean =>
  name === 'ctid' || name === 'tableoid' || name === 'xmin' || name === 'xmax' || name === 'cmin' || name === 'cmax';
