import type { Place } from './draft.ts';
import type { SettingChange } from './effects.ts';
import { listAt, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';
import { constantOf } from './values.ts';

/** SET, SET LOCAL, SET TRANSACTION …, RESET. */
export function collectSet(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('session');
  place.draft.settings.push(...changesOf(node));
  place.draft.command = stringAt(node, 'kind').startsWith('VAR_RESET') ? 'RESET' : 'SET';
  place.descend('VariableSetStmt', node, place);
}

function changesOf(node: SyntaxNode): readonly SettingChange[] {
  const name = stringAt(node, 'name').toLowerCase();
  switch (node.kind) {
    case 'VAR_SET_VALUE': {
      const values = listAt(node, 'args').map(constantOf);
      const texts = values.flatMap((value) => (value === null || value === 'parameter' ? [] : [value.text]));
      if (texts.length !== values.length) return [{ name, source: 'expression', value: null }];
      return [{ name, source: 'constant', value: texts.join(', ') }];
    }
    case 'VAR_SET_DEFAULT':
    case 'VAR_RESET':
      return [{ name, source: 'default', value: null }];
    case 'VAR_SET_CURRENT':
      return [{ name, source: 'expression', value: null }];
    case 'VAR_SET_MULTI': // SET TRANSACTION …, SET SESSION CHARACTERISTICS AS TRANSACTION …, SET TRANSACTION SNAPSHOT
      if (name === 'transaction snapshot') return [{ name: 'transaction_snapshot', source: 'constant', value: null }];
      // Characteristics of the session are what its transactions begin with (manual, "SET TRANSACTION").
      return listAt(node, 'args').map((member): SettingChange => {
        const mode = untag(member, 'DefElem');
        const prefix = name === 'session characteristics' ? 'default_' : '';
        if (mode === null) return { name: '*', source: 'expression', value: null };
        const value = constantOf(mode.arg);
        const text = value === null || value === 'parameter' ? null : value.text;
        return { name: `${prefix}${stringAt(mode, 'defname')}`, source: 'constant', value: text };
      });
    case 'VAR_RESET_ALL':
      return [{ name: '*', source: 'default', value: null }];
    default: // whatever a later grammar adds
      return [{ name: '*', source: 'expression', value: null }];
  }
}

/** DISCARD ALL undoes every SET and forgets every name; its other forms only drop what the session cached or made. */
export function collectDiscard(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('session');
  place.draft.object = stringAt(node, 'target').replace('DISCARD_', '');
  place.draft.command = `DISCARD ${place.draft.object}`;
  if (node.target !== 'DISCARD_ALL') return;
  place.draft.settings.push({ name: '*', source: 'default', value: null });
  place.draft.names.push({ op: 'discard_all' });
}

const TWO_PHASE = new Set(['TRANS_STMT_PREPARE', 'TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED']);

/** BEGIN, COMMIT, SAVEPOINT …; the commands of two-phase commit carry the object PREPARED TRANSACTION. */
export function collectTransaction(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('transaction');
  const kind = stringAt(node, 'kind');
  place.draft.command = kind.replace('TRANS_STMT_', '').replaceAll('_', ' ');
  if (TWO_PHASE.has(kind)) place.draft.object = 'PREPARED TRANSACTION';
  place.descend('TransactionStmt', node, place);
}

/** ALTER SYSTEM: what it sets holds for the whole server. */
export function collectAlterSystem(node: SyntaxNode, place: Place): void {
  place.draft.kinds.add('dcl');
  place.draft.object = 'SYSTEM';
  place.draft.command = 'ALTER SYSTEM';
  const change = tagged({ VariableSetStmt: node.setstmt });
  if (change !== null) place.draft.settings.push(...changesOf(change.node));
}
