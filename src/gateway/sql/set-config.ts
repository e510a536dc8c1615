import type { Place } from './draft.ts';
import type { SettingChange } from './effects.ts';
import { listAt, nameParts, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';
import { constantOf } from './values.ts';

/** What a call of set_config(name, value, is_local) sets, as far as the text tells. */
export function settingOf(call: SyntaxNode, place: Place): SettingChange {
  const args = listAt(call, 'args');
  const positional = args.every((argument) => tagged(argument)?.tag !== 'NamedArgExpr');
  const constant = constantOf(args[0]);
  const written = constant === null || constant === 'parameter' ? null : constant.text;
  const name = written ?? nameFromSettings(call, place);
  if (!positional || name === null) return { name: '*', source: 'expression', value: null };
  const value = constantOf(args[1]);
  const setting = name.toLowerCase();
  if (value === null) return { name: setting, source: 'expression', value: null };
  if (value === 'parameter') return { name: setting, source: 'parameter', value: null };
  return { name: setting, source: 'constant', value: value.text };
}

/**
 * The setting that `SELECT set_config(name, …) FROM pg_settings WHERE name = '…'` names: how pg_dump sets what not every
 * server knows. Null for anything that differs from that form.
 */
function nameFromSettings(call: SyntaxNode, { root, index }: Place): string | null {
  const select = untag(root, 'SelectStmt');
  if (select === null || index === null || index.hasUserOperator('=') || select.withClause !== undefined) return null;
  const targets = listAt(select, 'targetList');
  const isWhole = targets.length === 1 && untag(untag(targets[0], 'ResTarget')?.val, 'FuncCall') === call;
  const from = listAt(select, 'fromClause');
  const table = from.length === 1 ? untag(from[0], 'RangeVar') : null;
  if (!isWhole || table === null || table.alias !== undefined || !isName(listAt(call, 'args')[0])) return null;
  const relation = index.relation(stringAt(table, 'schemaname') || null, stringAt(table, 'relname'));
  if (relation?.schema !== 'pg_catalog' || relation.name !== 'pg_settings') return null;
  const where = untag(select.whereClause, 'A_Expr');
  if (where?.kind !== 'AEXPR_OP' || nameParts(listAt(where, 'name')).join('.') !== '=' || !isName(where.lexpr))
    return null;
  const value = constantOf(where.rexpr);
  return value === null || value === 'parameter' ? null : value.text;
}

const isName = (value: unknown): boolean =>
  nameParts(listAt(untag(value, 'ColumnRef') ?? {}, 'fields')).join('.') === 'name';
