import type { Rule } from '../rule.ts';
import { functionNames, relationNames, subjectOf } from '../words.ts';

const HELD = 'The operator is asked; send it alone, so that they can decide on it alone.';

const DESTROYED = new Set(['TABLE', 'SCHEMA', 'FOREIGN TABLE']);

export const destroysData: Rule = {
  id: 'destroys-data',
  title: 'Drops tables of a production database',
  description: 'DROP TABLE and DROP SCHEMA where the connection is labelled production.',
  hint: 'Nothing is dropped in production through Postern; work on a copy, or ask the operator to drop it outside.',
  applies: ({ effects }, { environment }) =>
    environment === 'production' && effects.command?.startsWith('DROP ') === true && DESTROYED.has(effects.object ?? '')
      ? `${effects.command}${subjectOf(effects)} would destroy data of a production database.`
      : null,
};

export const truncate: Rule = {
  id: 'truncate',
  title: 'Empties a table',
  description: 'TRUNCATE removes all rows at once.',
  hint: HELD,
  applies: ({ effects }) =>
    effects.kinds.includes('truncate') ? `TRUNCATE would remove all rows of ${relationNames(effects.writes)}.` : null,
};

export const definition: Rule = {
  id: 'ddl',
  title: 'Changes the schema',
  description: 'CREATE, ALTER, DROP, COMMENT, SELECT INTO and CREATE TABLE AS.',
  hint: HELD,
  applies: ({ effects }) =>
    effects.kinds.includes('ddl')
      ? `${effects.command ?? 'The statement'}${subjectOf(effects)} changes the schema.`
      : null,
};

export const maintenance: Rule = {
  id: 'maintenance',
  title: 'Maintains tables',
  description: 'VACUUM, ANALYZE, REINDEX, CLUSTER, REFRESH MATERIALIZED VIEW: heavy, and some lock the table.',
  hint: HELD,
  applies: ({ effects }) =>
    effects.kinds.includes('maintenance')
      ? `${effects.command ?? 'Maintenance'}${subjectOf(effects)} loads or locks it.`
      : null,
};

export const procedural: Rule = {
  id: 'procedural-code',
  title: 'Runs code that cannot be seen through',
  description: 'DO blocks and CALL may do anything that the role may.',
  hint: 'Send the statements themselves instead; each is then judged for what it does.',
  applies: ({ effects }) =>
    effects.kinds.includes('procedural')
      ? `${effects.command ?? 'The statement'}${effects.functions.length > 0 ? ` ${functionNames(effects.functions)}` : ''} runs code whose effects cannot be told beforehand.`
      : null,
};
