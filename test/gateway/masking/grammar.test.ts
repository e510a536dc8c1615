import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { maskedCatalog } from '../../../src/gateway/masking/closure.ts';
import { isClean } from '../../../src/gateway/masking/lineage/lineage.ts';
import { type StatementLineage, statementLineage } from '../../../src/gateway/masking/lineage/statement.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { GRAMMAR_TABLE } from '../../../src/gateway/sql/grammar-table.ts';
import { rule } from './support.ts';

// Every node type of the grammar, with a masked column in each of its fields, wherever a node may stand: lineage sees it, or
// says that it does not know. A node that a later grammar brings has to be looked at before these pass again.

const users = {
  ...{ oid: 20_000, schema: 'public', name: 'users', kind: 'r', uniqueKeys: [], parents: [], definition: null },
  ...{ dependsOn: [], hasTriggers: false, estimatedRows: 1 },
  columns: ['id', 'email'].map((name, at) => ({
    ...{ attributeNumber: at + 1, name, typeOid: 25, type: 'text', generated: null },
  })),
};
const snapshot: CatalogSnapshot = {
  ...{ version: 1, serverVersionNumber: 180_000, searchPath: ['pg_catalog', 'public'], functions: [] },
  relations: [users],
};
const { catalog } = maskedCatalog([rule('users', 'email')], snapshot);

type Tree = Readonly<Record<string, unknown>>;

/** Fields of every type: `kind` is undefined for plain values, empty for tagged nodes, else the type of a bare node. */
const slotsOf = new Map(
  GRAMMAR_TABLE.trim()
    .replaceAll('\n  ', ' ')
    .split('\n')
    .map((line) => {
      const [type = '', ...fields] = line.split(' ');
      return [
        type,
        fields.map((field) => {
          const [name = '', kind] = field.split('=');
          return { name, kind };
        }),
      ] as const;
    }),
);

/** A dependency of libpg-query, not of ours: resolved from there. */
const parserTypes = ['@pgsql', 'types'].join('/');

/** `Type.field` of each field that holds a list, as the parser's own type definitions say. */
const lists = (() => {
  const require = createRequire(createRequire(import.meta.url).resolve('libpg-query'));
  const source = readFileSync(require.resolve(parserTypes).replace(/index\.js$/, 'types.d.ts'), 'utf8');
  const bodies = [...source.matchAll(/export interface (\w+) \{([^}]*)\}/g)];
  return new Set(
    bodies.flatMap(([, type = '', body = '']) =>
      [...body.matchAll(/(\w+)\??:\s*\w+\[\];/g)].map(([, field = '']) => `${type}.${field}`),
    ),
  );
})();

interface Planted {
  /** Where the masked column was put: `FuncCall.args`. */
  readonly path: string;
  readonly node: Tree;
}

/** A node of a type for each of its fields that holds nodes, with something in it; bare nodes down to their own fields. */
function planted(type: string, what: Tree, depth = 0): readonly Planted[] {
  return (slotsOf.get(type) ?? []).flatMap(({ name, kind }): readonly Planted[] => {
    if (kind === undefined) return [];
    const put = (node: Tree): Tree => ({ [name]: lists.has(`${type}.${name}`) ? [node] : node });
    if (kind === '') return [{ path: `${type}.${name}`, node: put(what) }];
    return depth > 1 ? [] : planted(kind, what, depth + 1).map(({ path, node }) => ({ path, node: put(node) }));
  });
}

/** Fields that hold names, types, or what only the server's own analysis puts there. */
const withoutValues = new Set([
  ...['A_Expr.name', 'FuncCall.funcname', 'A_Indirection.indirection', 'Alias.colnames', 'RangeFunction.coldeflist'],
  ...['TypeName.names', 'TypeName.typmods', 'TypeName.arrayBounds'],
  // Which of the grouping columns are in a row: these steer where they are grouped by.
  ...['GroupingFunc.args', 'GroupingFunc.refs'],
  ...[...slotsOf.keys()].map((type) => `${type}.xpr`),
]);
/** Whether a value is missing is not masked. */
const notMasked = new Set(['NullTest.arg']);
/** Its clauses have tests of their own; what stands in them here is not what may stand there. */
const types = [...slotsOf.keys()].filter((type) => type !== 'SelectStmt');

const relation: Tree = { RangeVar: { relname: 'users', inh: true, relpersistence: 'p' } };
const select = (target: Tree, item: Tree): Tree => ({
  SelectStmt: { targetList: [{ ResTarget: { val: target } }], fromClause: [item] },
});
const column: Tree = { ColumnRef: { fields: [{ String: { sval: 'email' } }] } };
const subquery = select(column, relation);
const one: Tree = { A_Const: { ival: { ival: 1 } } };

const follow = (tree: Tree): StatementLineage => statementLineage(tree, catalog, new Set());
/** It is masked, or asked about. */
const isHidden = ({ columns, findings }: StatementLineage): boolean =>
  columns === null || columns.some(({ lineage }) => !isClean(lineage)) || findings.probes.length > 0;
const isSeen = ({ findings }: StatementLineage): boolean => findings.touched.has('users.email') || findings.unknown;

/** The fields of all types in which what is put there goes by unseen. */
const unseen = (what: Tree, of: readonly string[], passes: (node: Tree) => boolean): readonly string[] =>
  of.flatMap((type) =>
    planted(type, what)
      .filter(({ path, node }) => !withoutValues.has(path) && passes({ [type]: node }))
      .map(({ path }) => path),
  );

test('no expression of the grammar shows a masked column that stands anywhere in it', () => {
  const shown = unseen(column, types, (node) => !isHidden(follow(select(node, relation))));
  expect(shown.filter((path) => !notMasked.has(path))).toEqual([]);
});

test('nothing that stands in FROM goes by unseen, nor does what it reads', () => {
  expect(unseen(subquery, types, (node) => !isSeen(follow(select(one, node))))).toEqual([]);
});

test('no statement of the grammar reads a masked column unseen', () => {
  const statements = types.filter((type) => type.endsWith('Stmt'));
  expect(unseen(subquery, statements, (node) => !isSeen(follow(node)))).toEqual([]);
});

test('a node that no grammar has yet is unknown, wherever it stands', () => {
  const coming: Tree = { NodeOfTomorrow: { arg: column } };
  expect(follow(select(coming, relation))).toMatchObject({ columns: [{ lineage: { unknown: true } }] });
  expect(follow(select(one, coming)).findings).toMatchObject({ unknown: true });
  expect(follow(coming)).toMatchObject({ columns: null, findings: { unknown: true } });
  expect(unseen(coming, types, (node) => !isHidden(follow(select(node, relation))))).toEqual([]);
});
