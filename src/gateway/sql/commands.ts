import { emptyDraft, finish, mergeDraft, type Place } from './draft.ts';
import { asFunction } from './plpgsql.ts';
import { listAt, nodeAt, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';

/** COPY in all its directions. A file or a program is the server's, not the client's. */
export function collectCopy(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  const inward = node.is_from === true;
  const file = stringAt(node, 'filename') !== '';
  draft.kinds.add(node.is_program === true ? 'copy_program' : file ? 'copy_file' : inward ? 'copy_in' : 'copy_out');
  draft.command = inward ? 'COPY FROM' : 'COPY TO';
  if (!inward) draft.kinds.add('read');
  const changes = inward ? { changes: [{ event: 'insert', columns: null } as const] } : {};
  place.descend('CopyStmt', node, { ...place, mode: inward ? 'write' : 'read', ...changes });
}

/**
 * EXPLAIN plans, and planning runs IMMUTABLE functions, so calls stay. With any ANALYZE option, whatever its value (the
 * last of several counts, and `ANALYZE off, ANALYZE on` is on), it is judged as what it executes.
 */
export function collectExplain(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  const query = tagged(node.query);
  const analyzes = listAt(node, 'options').some(
    (member) => stringAt(untag(member, 'DefElem') ?? {}, 'defname') === 'analyze',
  );
  if (analyzes && query !== null) {
    place.collect(query.tag, query.node, place);
    draft.kinds.add('explain');
    draft.kinds.add('read');
    return;
  }
  const planned = emptyDraft();
  if (query !== null) place.collect(query.tag, query.node, { ...place, draft: planned });
  draft.kinds.add('explain');
  draft.kinds.add('read');
  for (const [key, reference] of [...planned.reads, ...planned.writes]) draft.reads.set(key, reference);
  for (const [key, called] of planned.functions) draft.functions.set(key, called);
  for (const what of planned.unknown) draft.unknown.add(what);
  draft.names.push(...planned.names.filter((use) => use.op === 'execute'));
}

/** PREPARE does nothing but keep the statement: its effects are those of the EXECUTE, which the session looks up by name. */
export function collectPrepare(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  draft.kinds.add('prepare');
  const query = tagged(node.query);
  if (query === null) {
    draft.unknown.add('PrepareStmt.query');
    return;
  }
  const inner = emptyDraft();
  place.collect(query.tag, query.node, { ...place, draft: inner, root: query.node });
  for (const what of inner.unknown) draft.unknown.add(what);
  draft.names.push({
    op: 'prepare',
    name: stringAt(node, 'name'),
    statement: { effects: finish(inner), text: place.text, names: inner.names, tree: node.query },
  });
}

export function collectExecute(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('execute');
  place.draft.names.push({ op: 'execute', name: stringAt(node, 'name') });
  place.descend('ExecuteStmt', node, place);
}

export function collectDeallocate(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('prepare');
  place.draft.command = 'DEALLOCATE';
  place.draft.names.push({ op: 'deallocate', name: stringAt(node, 'name') || null });
  place.descend('DeallocateStmt', node, place);
}

/** DECLARE opens a query whose rows FETCH brings: the query's effects are the DECLARE's. */
export function collectDeclare(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('cursor');
  place.draft.names.push({ op: 'declare_cursor', name: stringAt(node, 'portalname') });
  place.descend('DeclareCursorStmt', node, place);
}

export function collectFetch(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('cursor');
  place.draft.names.push({ op: 'fetch', name: stringAt(node, 'portalname') });
  place.descend('FetchStmt', node, place);
}

export function collectClose(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('cursor');
  place.draft.names.push({ op: 'close_cursor', name: stringAt(node, 'portalname') || null });
}

/** DO: PL/pgSQL is read as far as its SQL is static; dynamic SQL and other languages could do anything. */
export function collectDo(node: SyntaxNode, place: Place): void {
  const { draft } = place;
  draft.kinds.add('procedural');
  draft.command = 'DO';
  const options = listAt(node, 'args').map((member) => untag(member, 'DefElem'));
  const text = (name: string): string | null => {
    const value = untag(options.find((option) => stringAt(option ?? {}, 'defname') === name)?.arg, 'String');
    return value === null ? null : stringAt(value, 'sval');
  };
  const language = text('language') ?? 'plpgsql';
  const code = text('as');
  const body = code === null || language !== 'plpgsql' ? null : place.collectPlpgsql(asFunction(code), place.index);
  if (body === null) {
    draft.unknown.add(`DO in ${language}`);
    return;
  }
  mergeDraft(draft, body, 'function');
  for (const what of body.unknown) draft.unknown.add(what);
}

/** CALL: the procedure may do anything, its arguments are expressions. */
export function collectCall(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('procedural');
  place.draft.command = 'CALL';
  const call = nodeAt(node, 'funccall');
  if (call === null) place.draft.unknown.add('CallStmt');
  else place.collect('FuncCall', call, place);
}

/** lockdefs.h: the weakest lock, which every SELECT takes and only DROP, TRUNCATE and their like wait for. */
const ACCESS_SHARE = 1;

/** LOCK TABLE. In ACCESS SHARE mode, which pg_dump takes on all it will read, it does no more than to read would. */
export function collectLock(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add(node.mode === ACCESS_SHARE ? 'read' : 'lock');
  place.draft.command ??= 'LOCK';
  place.descend('LockStmt', node, place);
}
