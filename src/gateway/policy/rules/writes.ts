import { takenFrom } from '../../sql/effects.ts';
import { type Rule, SMALL_INSERT_ROWS } from '../rule.ts';
import { relationNames } from '../words.ts';

const BY_KEY =
  'Add a WHERE that compares every column of the primary key (or of a unique key) with constants or parameters, such as WHERE id = 42 or id IN (1, 2).';

const WHERE_WORDS = {
  none: 'has no WHERE and would change every row',
  tautology: 'has a WHERE that every row meets',
  unproven: 'has a WHERE that is not proven to be narrow',
  range: 'takes a range of an index, of any number of rows',
  index: 'is by an index, but not by a unique key',
  key: 'is by key',
} as const;

export const deleteWithoutKey: Rule = {
  id: 'delete-without-key',
  title: 'DELETE that is not by key',
  description: 'A DELETE passes as narrow only when all columns of one unique key equal constants or parameters.',
  hint: BY_KEY,
  applies: ({ effects }) =>
    effects.kinds.includes('delete') && effects.predicate !== 'key'
      ? `DELETE from ${relationNames(effects.writes)} ${WHERE_WORDS[effects.predicate ?? 'unproven']}.`
      : null,
};

export const updateWithoutKey: Rule = {
  id: 'update-without-key',
  title: 'UPDATE that is not by key',
  description: 'An UPDATE passes as narrow only when all columns of one unique key equal constants or parameters.',
  hint: BY_KEY,
  applies: ({ effects }) =>
    effects.kinds.includes('update') && effects.predicate !== 'key'
      ? `UPDATE of ${relationNames(effects.writes)} ${WHERE_WORDS[effects.predicate ?? 'unproven']}.`
      : null,
};

export const merge: Rule = {
  id: 'merge',
  title: 'MERGE',
  description: 'MERGE changes as many rows as its join finds.',
  hint: 'Use INSERT … ON CONFLICT (key) DO UPDATE with literal rows, or UPDATE and DELETE by key.',
  applies: ({ effects }) =>
    effects.kinds.includes('merge')
      ? `MERGE into ${relationNames(effects.writes)} changes an unknown number of rows.`
      : null,
};

export const writeFromQuery: Rule = {
  id: 'write-from-query',
  title: 'Writes what a query finds',
  description: 'INSERT … SELECT, and sub-selects inside a write, copy data from one relation to another.',
  hint: 'Read first, then write the values you mean as literals or parameters.',
  applies: ({ effects }) => {
    if (!effects.kinds.some((kind) => kind === 'insert' || kind === 'update' || kind === 'delete')) return null;
    const written = new Set(effects.writes.map(({ schema, name }) => `${schema}.${name}`));
    // What a trigger reads is the table owner's doing, not where the statement's rows come from.
    const others = takenFrom(effects.reads).filter(
      ({ schema, name, via }) => via !== 'trigger' && !written.has(`${schema}.${name}`),
    );
    const fromItself = effects.insertedRows === null && effects.copiesColumns === true;
    if (others.length === 0 && !fromItself) return null;
    return `The write to ${relationNames(effects.writes)} takes its data from ${relationNames(others.length > 0 ? others : takenFrom(effects.reads))}.`;
  },
};

export const unboundedInsert: Rule = {
  id: 'unbounded-insert',
  title: 'INSERT of an unknown number of rows',
  description:
    'An INSERT whose rows come from a query, even one over its own parameters, has no bound that can be seen.',
  hint: 'Send the rows as VALUES.',
  applies: ({ effects }) =>
    effects.kinds.includes('insert') && effects.insertedRows === null
      ? `INSERT into ${relationNames(effects.writes)} takes its rows from a query.`
      : null,
};

export const largeInsert: Rule = {
  id: 'large-insert',
  title: `INSERT of more than ${SMALL_INSERT_ROWS} rows`,
  description: `Up to ${SMALL_INSERT_ROWS} literal rows count as a small INSERT.`,
  hint: 'This will be held for the operator; split it if the rows are not needed at once.',
  applies: ({ effects }) =>
    (effects.insertedRows ?? 0) > SMALL_INSERT_ROWS
      ? `INSERT of ${effects.insertedRows} rows into ${relationNames(effects.writes)}.`
      : null,
};

/** Names of columns that decide what somebody may do, or prove who they are. */
const CREDENTIAL =
  /(^|_)(password|passwd|pwd|passphrase|secret|token|api_?key|private_?key|salt|hash|otp|mfa|role|roles|is_?admin|admin|is_?superuser|superuser|is_?staff|permission|permissions|privilege|privileges|scope|scopes|acl)(_|$)/i;

export const credentialColumn: Rule = {
  id: 'credential-column',
  title: 'Changes a credential or a privilege kept in a table',
  description: 'UPDATE of columns such as password_hash, api_token, role or is_admin, told by their names.',
  hint: 'The operator is asked; leave such columns out of the UPDATE if you do not mean them.',
  applies: ({ effects }) => {
    const columns = (effects.updatedColumns ?? []).filter((column) => CREDENTIAL.test(column));
    return columns.length === 0 ? null : `UPDATE of ${relationNames(effects.writes)} changes ${columns.join(', ')}.`;
  },
};

export const copiesColumn: Rule = {
  id: 'copies-column',
  title: 'Copies one column into another',
  description: 'An UPDATE whose new value comes from another column moves data to where no mask rule expects it.',
  hint: 'Set the column to a literal or a parameter.',
  applies: ({ effects }) =>
    effects.kinds.includes('update') && effects.copiesColumns === true
      ? `UPDATE of ${relationNames(effects.writes)} makes ${(effects.updatedColumns ?? []).join(', ')} from other columns.`
      : null,
};

export const copyIn: Rule = {
  id: 'copy-in',
  title: 'Loads rows by COPY',
  description: 'COPY … FROM STDIN brings any number of rows.',
  hint: `Use INSERT with at most ${SMALL_INSERT_ROWS} rows.`,
  applies: ({ effects }) =>
    effects.kinds.includes('copy_in') ? `COPY into ${relationNames(effects.writes)} brings any number of rows.` : null,
};

const verbs = (kinds: readonly string[]): string =>
  ['insert', 'update', 'delete']
    .filter((kind) => kinds.includes(kind))
    .map((kind) => kind.toUpperCase())
    .join(' and ');

const changesRows = (kinds: readonly string[]): boolean =>
  kinds.some((kind) => kind === 'insert' || kind === 'update' || kind === 'delete');

/** What is left of INSERT, UPDATE and DELETE when the wide ones have been answered. */
export const scopedWrite: Rule = {
  id: 'scoped-write',
  title: 'Small write: literal rows, or by key',
  description: `INSERT of at most ${SMALL_INSERT_ROWS} literal rows, UPDATE and DELETE by a unique key.`,
  hint: null,
  applies: ({ effects }) => {
    if (!changesRows(effects.kinds)) return null;
    return `${verbs(effects.kinds)} on ${relationNames(effects.writes)} changes few rows (literal rows, or by a unique key).`;
  },
};

/** The same where a person confirms every write. */
export const confirmedWrite: Rule = {
  ...scopedWrite,
  title: 'Every write in production is confirmed',
  hint: 'It will be held for the operator: send it as it is, and wait.',
};

/** The same where the connection is not labelled production. */
export const scopedWriteElsewhere: Rule = {
  ...scopedWrite,
  id: 'scoped-write-outside-production',
  title: 'Small write outside production',
  applies: (statement, place) => (place.environment === 'production' ? null : scopedWrite.applies(statement, place)),
};

/** Any change of rows, for presets that allow none. */
export const anyWrite: Rule = {
  id: 'write',
  title: 'Changes rows',
  description: 'INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY … FROM.',
  hint: 'This connection is read-only for agents.',
  applies: ({ effects }) =>
    effects.kinds.some((kind) => ['insert', 'update', 'delete', 'merge', 'truncate', 'copy_in'].includes(kind)) ||
    effects.writes.length > 0
      ? `The statement would change ${relationNames(effects.writes)}.`
      : null,
};
