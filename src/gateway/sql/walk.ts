import { GRAMMAR_TABLE } from './grammar-table.ts';
import { isNode, type SyntaxNode } from './tree.ts';

/** `plain`: a value; `tagged`: a node or list of nodes under their tags; otherwise the type of a bare node. */
type Slot = string;

function readTable(table: string): ReadonlyMap<string, ReadonlyMap<string, Slot>> {
  const types = new Map<string, Map<string, Slot>>();
  let current = new Map<string, Slot>();
  for (const line of table.split('\n')) {
    if (line.trim() === '') continue;
    const words = line.trim().split(' ');
    if (!line.startsWith(' ')) {
      current = new Map();
      types.set(words.shift() ?? '', current);
    }
    for (const word of words) {
      const [field = '', type] = word.split('=');
      current.set(field, type === undefined ? 'plain' : type === '' ? 'tagged' : type);
    }
  }
  return types;
}

const GRAMMAR = readTable(GRAMMAR_TABLE);

/** Receives each child with its type, be it tagged in the tree or bare. */
export type ChildVisitor = (type: string, node: SyntaxNode, field: string) => void;

/**
 * Visits the direct children of a node: every key of it, tagged or bare (in libpg-query's JSON `larg`, `relation`,
 * `withClause`, `intoClause` … carry no tag, and a walker keyed on tags skips them). `onUnknown` hears each type or field
 * that is not in the grammar table; such a part of the tree is not visited.
 */
export function visitChildren(
  type: string,
  node: SyntaxNode,
  visit: ChildVisitor,
  onUnknown: (what: string) => void,
): void {
  const fields = GRAMMAR.get(type);
  if (fields === undefined) {
    onUnknown(type);
    return;
  }
  for (const field in node) {
    const slot = fields.get(field);
    const value = node[field];
    if (slot === undefined) onUnknown(`${type}.${field}`);
    else if (slot === 'plain') {
      if (typeof value === 'object' && value !== null) onUnknown(`${type}.${field}`);
    } else visitSlot(slot, value, visit, onUnknown, type, field);
  }
}

function visitSlot(
  slot: Slot,
  value: unknown,
  visit: ChildVisitor,
  onUnknown: (what: string) => void,
  type: string,
  field: string,
): void {
  if (Array.isArray(value)) {
    for (const member of value) visitSlot(slot, member, visit, onUnknown, type, field);
    return;
  }
  if (!isNode(value)) onUnknown(`${type}.${field}`);
  else if (slot !== 'tagged') visit(slot, value, field);
  else {
    for (const tag in value) {
      const child = value[tag];
      if (isNode(child) && GRAMMAR.has(tag)) visit(tag, child, field);
      else onUnknown(tag);
    }
  }
}
