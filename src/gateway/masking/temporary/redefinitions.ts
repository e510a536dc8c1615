import { isNode, listOf, statementOf, type TreeNode, tagged, textOf, walk } from '../tree.ts';
import { createdRelation } from './creation.ts';

/** Statements that leave temporary tables as they are, but for what lineage says that they write. */
const followed = new Set(
  `SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt TruncateStmt VacuumStmt DropStmt LockStmt CreateTableAsStmt CreateStmt
  PrepareStmt ExecuteStmt DeallocateStmt DeclareCursorStmt FetchStmt ClosePortalStmt TransactionStmt VariableSetStmt
  VariableShowStmt DiscardStmt CheckPointStmt ListenStmt UnlistenStmt NotifyStmt`.split(/\s+/),
);

/** Definitions whose objects have names that the statement does not say. */
const unnamed = new Set([
  'CreateExtensionStmt',
  'AlterExtensionStmt',
  'AlterExtensionContentsStmt',
  'ImportForeignSchemaStmt',
  'DropOwnedStmt',
]);

/** Whether a statement may make relations whose names it does not say. */
export const makesUnnamed = (tag: string): boolean => unnamed.has(tag);

/**
 * Names that may mean something else behind a statement, or under which something was changed that lineage does not follow: all
 * words of a definition, and what other statements make under a name that is not temporary.
 */
export function redefinedNames(tag: string, node: TreeNode): ReadonlySet<string> {
  if (tag === 'ExplainStmt') {
    const query = statementOf(node.query);
    return query === null ? wordsOf(node) : redefinedNames(query.tag, query.node);
  }
  if (tag === 'CopyStmt') return node.is_from === true && node.filename !== undefined ? wordsOf(node) : new Set();
  if (!followed.has(tag)) return isPlainIndex(tag, node) ? new Set() : wordsOf(node);
  // A child shares its rows with the parent, and what is like another has its defaults.
  if (tag === 'CreateStmt') return relationsIn(node);
  const name = textOf(createdRelation(tag, node)?.relname);
  return new Set(name === null ? [] : [name]);
}

/** CREATE INDEX over columns: no more than a faster way. */
function isPlainIndex(tag: string, node: TreeNode): boolean {
  if (tag !== 'IndexStmt' || node.unique === true || node.whereClause !== undefined) return false;
  return listOf(node.indexParams).every((item) => textOf(tagged(item, 'IndexElem')?.name) !== null);
}

function relationsIn(node: TreeNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(node, (item) => {
    const name = textOf(item.relname);
    if (name !== null) names.add(name);
    return undefined;
  });
  return names;
}

/** Every text in a tree. */
function wordsOf(value: unknown, words: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') words.add(value);
  else if (Array.isArray(value)) for (const item of value) wordsOf(item, words);
  else if (isNode(value)) for (const child of Object.values(value)) wordsOf(child, words);
  return words;
}
