import { isDangerous } from '../functions.ts';
import type { Rule } from '../rule.ts';
import { settingClass } from '../settings.ts';
import { functionNames, relationNames, subjectOf } from '../words.ts';

const NOT_FOR_AGENTS = 'This is not available to agents; ask the operator to do it outside Postern if it is needed.';

export const serverProgram: Rule = {
  id: 'copy-program',
  title: 'Runs a program on the server',
  description: 'COPY … PROGRAM starts a program as the operating-system user of the server.',
  hint: 'Use COPY … TO STDOUT or FROM STDIN.',
  applies: ({ effects }) =>
    effects.kinds.includes('copy_program')
      ? `COPY PROGRAM${subjectOf(effects)} would run a program on the server.`
      : null,
};

export const serverFile: Rule = {
  id: 'copy-file',
  title: 'Reads or writes a file of the server',
  description: 'COPY with a file name works on files of the server, not of the client.',
  hint: 'Use COPY … TO STDOUT or FROM STDIN.',
  applies: ({ effects }) =>
    effects.kinds.includes('copy_file') ? `COPY${subjectOf(effects)} would use a file on the server.` : null,
};

export const privileges: Rule = {
  id: 'privileges',
  title: 'Changes who may do what',
  description: 'GRANT, REVOKE, roles, row security policies, security labels, ownership in bulk, ALTER SYSTEM.',
  hint: NOT_FOR_AGENTS,
  applies: ({ effects }) =>
    effects.kinds.includes('dcl')
      ? `${effects.command ?? 'The statement'}${subjectOf(effects)} changes privileges or the server's configuration.`
      : null,
};

const SERVER_OBJECTS = new Set([
  'ACCESS METHOD',
  'DATABASE',
  'EVENT TRIGGER',
  'EXTENSION',
  'FDW',
  'FOREIGN DATA WRAPPER',
  'FOREIGN SCHEMA',
  'FOREIGN SERVER',
  'LANGUAGE',
  'LIBRARY',
  'PUBLICATION',
  'SERVER',
  'SUBSCRIPTION',
  'TABLESPACE',
  'USER MAPPING',
]);

export const serverObject: Rule = {
  id: 'server-object',
  title: 'Changes what the server loads or connects to',
  description:
    'Extensions, languages, libraries, databases, tablespaces, foreign servers, publications and subscriptions, event triggers.',
  hint: NOT_FOR_AGENTS,
  applies: ({ effects }) => {
    const touchesServer = effects.kinds.includes('ddl') && SERVER_OBJECTS.has(effects.object ?? '');
    // ALTER DATABASE … SET holds for one database and is undone easily: it is left to the rule for definitions.
    if (!touchesServer || effects.command === 'ALTER DATABASE') return null;
    return `${effects.command ?? 'The statement'} changes what the server loads, stores or connects to.`;
  },
};

export const checkpoint: Rule = {
  id: 'checkpoint',
  title: 'Forces a checkpoint',
  description: 'CHECKPOINT makes the whole server write its dirty pages at once.',
  hint: NOT_FOR_AGENTS,
  applies: ({ effects }) => (effects.command === 'CHECKPOINT' ? 'CHECKPOINT loads the whole server.' : null),
};

export const dangerousFunction: Rule = {
  id: 'dangerous-function',
  title: 'Calls a function that reaches out of the database',
  description:
    "Functions on the server's files, network, log, replication, configuration, other sessions, and session-level advisory locks.",
  hint: NOT_FOR_AGENTS,
  applies: ({ effects }) => {
    const dangerous = effects.functions.filter(isDangerous);
    return dangerous.length === 0
      ? null
      : `${functionNames(dangerous)} reaches out of the database or controls the server.`;
  },
};

export const restrictedSetting: Rule = {
  id: 'restricted-setting',
  title: 'Changes who the session is, or switches a protection off',
  description:
    'SET ROLE and SESSION AUTHORIZATION, row_security off, standard_conforming_strings off, a client_encoding other than UTF8, libraries to load.',
  hint: 'Leave the setting as it is: Postern logs in with the role that this connection is meant to have, in UTF8.',
  applies: ({ effects }) => {
    const restricted = (effects.settingChanges ?? []).filter((change) => settingClass(change) === 'restricted');
    return restricted.length === 0
      ? null
      : `The setting ${restricted.map((change) => change.name).join(', ')} may not be changed.`;
  },
};

export const systemCatalogWrite: Rule = {
  id: 'system-catalog-write',
  title: 'Writes to the system catalog',
  description: 'Data changes on pg_catalog or information_schema go round every check of the server.',
  hint: 'Use the command made for it (ALTER …, SET …).',
  applies: ({ effects }) => {
    const system = effects.writes.filter(
      ({ schema, name }) =>
        schema === 'pg_catalog' ||
        schema === 'information_schema' ||
        schema === 'pg_toast' ||
        (schema === null && name.startsWith('pg_')),
    );
    return system.length === 0 ? null : `${relationNames(system)} belongs to the system catalog.`;
  },
};
