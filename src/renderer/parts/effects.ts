import type { EffectKind, EffectsView } from '../../contract/index.ts';

/** Effects as an operator names them. */
export const effectLabels: Record<EffectKind, string> = {
  read: 'Read',
  insert: 'Insert',
  update: 'Update',
  delete: 'Delete',
  merge: 'Merge',
  truncate: 'Truncate',
  ddl: 'Schema change',
  dcl: 'Grant or revoke',
  copy_in: 'Copy in',
  copy_out: 'Copy out',
  copy_file: 'Server file',
  copy_program: 'Server program',
  procedural: 'Procedural code',
  function_call: 'Function call',
  session: 'Session setting',
  transaction: 'Transaction',
  cursor: 'Cursor',
  prepare: 'Prepare',
  execute: 'Execute',
  explain: 'Explain',
  lock: 'Lock',
  listen: 'Listen',
  notify: 'Notify',
  large_object: 'Large object',
  maintenance: 'Maintenance',
  unknown: 'Not understood',
};

const background = new Set<EffectKind>(['read', 'transaction', 'explain', 'cursor', 'prepare']);

/** What a statement would do, in a few words: `Update public.customers`. */
export function headline(effects: EffectsView): string {
  if (!effects.understood) return 'A statement that was not understood';
  const acting = effects.kinds.filter((kind) => !background.has(kind));
  const kinds = acting.length > 0 ? acting : effects.kinds;
  const objects = acting.length > 0 && effects.writes.length > 0 ? effects.writes : effects.reads;
  const what = kinds.map((kind) => effectLabels[kind]).join(', ') || 'Nothing';
  if (objects.length === 0) return what;
  const shown = objects.slice(0, 2).join(', ');
  return `${what} ${shown}${objects.length > 2 ? ` and ${objects.length - 2} more` : ''}`;
}
