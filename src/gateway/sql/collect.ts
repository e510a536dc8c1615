import type { EffectKind } from '../../contract/index.ts';
import {
  collectCall,
  collectClose,
  collectCopy,
  collectDeallocate,
  collectDeclare,
  collectDo,
  collectExecute,
  collectExplain,
  collectFetch,
  collectLock,
  collectPrepare,
} from './commands.ts';
import { collectDelete, collectInsert, collectMerge, collectUpdate } from './data-changes.ts';
import { collectCreateTableAs, collectDefinition, isDefinition } from './definitions.ts';
import type { Place } from './draft.ts';
import {
  noteEquality,
  noteFieldAccess,
  noteFuncCall,
  noteOperator,
  noteSamplingMethod,
  noteTypeUse,
} from './functions.ts';
import { otherReading } from './newer-syntax.ts';
import { collectSelect } from './queries.ts';
import { noteRelation } from './relations.ts';
import { collectAlterSystem, collectDiscard, collectSet, collectTransaction } from './settings.ts';
import { listAt, nameParts, type SyntaxNode, tagged } from './tree.ts';
import { visitChildren } from './walk.ts';

type Handler = (node: SyntaxNode, place: Place) => void;

/** A statement whose kind says all, in the manual's words. */
const plain =
  (type: string, kind: EffectKind, command: string): Handler =>
  (node, place) => {
    place.draft.kinds.add(kind);
    place.draft.command ??= command;
    descend(type, node, place);
  };

/** What is more than the sum of its children. Definition statements have their own table. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  SelectStmt: collectSelect,
  InsertStmt: collectInsert,
  UpdateStmt: collectUpdate,
  DeleteStmt: collectDelete,
  MergeStmt: collectMerge,
  CopyStmt: collectCopy,
  ExplainStmt: collectExplain,
  PrepareStmt: collectPrepare,
  ExecuteStmt: collectExecute,
  DeallocateStmt: collectDeallocate,
  DeclareCursorStmt: collectDeclare,
  FetchStmt: collectFetch,
  ClosePortalStmt: collectClose,
  CallStmt: collectCall,
  CreateTableAsStmt: collectCreateTableAs,
  VariableSetStmt: collectSet,
  DiscardStmt: collectDiscard,
  TransactionStmt: collectTransaction,
  AlterSystemStmt: collectAlterSystem,
  VariableShowStmt: plain('VariableShowStmt', 'session', 'SHOW'),
  ConstraintsSetStmt: plain('ConstraintsSetStmt', 'session', 'SET CONSTRAINTS'),
  UnlistenStmt: plain('UnlistenStmt', 'session', 'UNLISTEN'),
  ListenStmt: plain('ListenStmt', 'listen', 'LISTEN'),
  NotifyStmt: plain('NotifyStmt', 'notify', 'NOTIFY'),
  DoStmt: collectDo,
  LockStmt: collectLock,
  RangeVar: (node, place) => {
    noteRelation(node, place);
    descend('RangeVar', node, place);
  },
  TypeName: (node, place) => {
    noteTypeUse(nameParts(listAt(node, 'names')).at(-1) ?? '', place);
    descend('TypeName', node, place);
  },
  FuncCall: (node, place) => {
    noteFuncCall(node, place);
    descend('FuncCall', node, place);
  },
  RangeTableSample: (node, place) => {
    noteSamplingMethod(node, place);
    descend('RangeTableSample', node, place);
  },
  A_Expr: (node, place) => {
    noteOperator(listAt(node, 'name'), place);
    descend('A_Expr', node, place);
  },
  SubLink: (node, place) => {
    if (node.subLinkType === 'ANY_SUBLINK' && node.operName === undefined) noteEquality(place);
    noteOperator(listAt(node, 'operName'), place);
    descend('SubLink', node, place);
  },
  CaseExpr: (node, place) => {
    if (node.arg !== undefined) noteEquality(place);
    descend('CaseExpr', node, place);
  },
  JoinExpr: (node, place) => {
    if (node.isNatural === true || listAt(node, 'usingClause').length > 0) noteEquality(place);
    descend('JoinExpr', node, place);
  },
  SortBy: (node, place) => {
    noteOperator(listAt(node, 'useOp'), place);
    descend('SortBy', node, place);
  },
  ColumnRef: (node, place) => {
    const parts = nameParts(listAt(node, 'fields'));
    const field = parts.at(-1) ?? null;
    if (parts.length > 1 && field !== null) noteFieldAccess(parts.at(-2) ?? null, field, place);
    descend('ColumnRef', node, place);
  },
  A_Indirection: (node, place) => {
    const base = tagged(node.arg);
    const parts = base?.tag === 'ColumnRef' ? nameParts(listAt(base.node, 'fields')) : [];
    for (const [position, field] of nameParts(listAt(node, 'indirection')).entries())
      if (field !== null)
        noteFieldAccess(position === 0 && parts.length === 1 ? (parts[0] ?? null) : null, field, place);
    descend('A_Indirection', node, place);
  },
};

/** Collects the effects of a node, tagged or bare, and of all below it. A type that is not in the grammar is `unknown`. */
export function collect(type: string, node: SyntaxNode, place: Place): void {
  // Of a server that is not known it is not known either what it calls.
  const other = otherReading(type, node, place.index?.snapshot.serverVersionNumber ?? 0);
  if (other === 'call') place.draft.functions.set(`.${type}`, { schema: null, name: type, harmless: false });
  if (other === 'name') place.draft.unknown.add('SYSTEM_USER');
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  if (handler !== undefined) handler(node, place);
  else if (isDefinition(type)) collectDefinition(type, node, place);
  else if (type.endsWith('Stmt') && type !== 'ReturnStmt') place.draft.unknown.add(type);
  else descend(type, node, place);
}

/** Collects only what is below a node. */
export function descend(type: string, node: SyntaxNode, place: Place): void {
  visitChildren(
    type,
    node,
    (child, childNode) => collect(child, childNode, place),
    (what) => place.draft.unknown.add(what),
  );
}
