import { listAt, nameParts, nodeAt, type SyntaxNode, tagged } from './tree.ts';

/** A value that does not depend on any row: its text, or that it will be bound. Null when it is neither. */
export function constantOf(value: unknown): { readonly text: string } | 'parameter' | null {
  const node = tagged(value);
  if (node === null) return null;
  switch (node.tag) {
    case 'ParamRef':
      return 'parameter';
    case 'A_Const':
      return node.node.isnull === true ? null : { text: constantText(node.node) };
    case 'TypeCast':
      return constantOf(node.node.arg);
    case 'A_Expr': {
      const signed =
        node.node.lexpr === undefined && ['-', '+'].includes(nameParts(listAt(node.node, 'name'))[0] ?? '');
      const inner = signed ? constantOf(node.node.rexpr) : null;
      return inner === null || inner === 'parameter' ? inner : { text: `-${inner.text}` };
    }
    default:
      return null;
  }
}

/** Text of an A_Const, '' for an empty string; numbers as written, booleans as true and false. */
export function constantText(constant: SyntaxNode): string {
  const string = nodeAt(constant, 'sval');
  if (string !== null) return String(string.sval ?? '');
  const integer = nodeAt(constant, 'ival');
  if (integer !== null) return String(integer.ival ?? 0);
  const float = nodeAt(constant, 'fval');
  if (float !== null) return String(float.fval ?? '0');
  const boolean = nodeAt(constant, 'boolval');
  if (boolean !== null) return String(boolean.boolval === true);
  return String(nodeAt(constant, 'bsval')?.bsval ?? '');
}
