import type { EffectKind } from '../../../contract/index.ts';
import { takenFrom } from '../../sql/effects.ts';
import { isSafeCall } from '../functions.ts';
import type { Rule } from '../rule.ts';
import { settingClass } from '../settings.ts';
import { functionNames, relationNames, subjectOf } from '../words.ts';

export const partNotUnderstood: Rule = {
  id: 'not-understood',
  title: 'Not understood',
  description:
    'A text that PostgreSQL’s grammar does not take here, or a part of it that is not known, could do anything.',
  hint: 'Check the syntax; write the statement in plain PostgreSQL.',
  applies: ({ effects }) =>
    effects.understood ? null : 'A part of the statement is of a kind that Postern does not know.',
};

export const unknownFunction: Rule = {
  id: 'unknown-function',
  title: 'Calls a function that is not known to be harmless',
  description:
    "A function that is neither on the list of PostgreSQL's harmless ones nor an SQL function whose body only reads may do anything.",
  hint: 'Use the tables and built-in functions directly, or let the operator decide.',
  applies: ({ effects }) => {
    const unknown = effects.functions.filter((one) => !isSafeCall(one));
    return unknown.length === 0 ? null : `${functionNames(unknown)} is not known to be harmless.`;
  },
};

/** What is more than a statement needs to ask something, though every table that it names be empty. */
const TOO_MUCH = { rows: 1_000_000, bytes: 64 * 1024 * 1024, combinations: 100_000_000 } as const;

export const floods: Rule = {
  id: 'generates-many-rows',
  title: 'Keeps the server busy with what it makes out of nothing',
  description:
    'generate_series over more than a million values, recursion without an end, tables joined without a condition to more than a hundred million rows, texts of more than 64 MB.',
  hint: 'Make fewer rows or shorter texts, give the recursion a bound, join by a condition, or read a table.',
  applies: ({ effects: { work } }) => {
    if (work === undefined) return null;
    const bytes = work.rows * work.bytes;
    if (work.endless) return 'It recurses without a condition that ends it.';
    if (work.rows > TOO_MUCH.rows) return `It makes ${inWords(work.rows)} rows out of nothing.`;
    if (bytes > TOO_MUCH.bytes) return `It makes ${inWords(bytes)} bytes out of nothing.`;
    return work.combinations > TOO_MUCH.combinations
      ? `It joins tables without a condition, to about ${inWords(work.combinations)} rows.`
      : null;
  },
};

const inWords = (count: number): string => (Number.isFinite(count) ? count.toLocaleString('en') : 'countless');

export const takesLock: Rule = {
  id: 'lock',
  title: 'Takes locks',
  description: 'LOCK and SELECT … FOR UPDATE or FOR SHARE make others wait until the transaction ends.',
  hint: 'Read without FOR UPDATE; PostgreSQL shows a consistent snapshot anyway.',
  applies: ({ effects }) =>
    effects.kinds.includes('lock') ? `It locks ${relationNames(takenFrom(effects.reads))}.` : null,
};

export const listenNotify: Rule = {
  id: 'listen-notify',
  title: 'Listens to or sends notifications',
  description: 'Notifications go to and come from every session of the database, whatever they carry.',
  hint: 'Poll a table instead, or let the operator decide.',
  applies: ({ effects }) =>
    effects.kinds.includes('listen') || effects.kinds.includes('notify')
      ? `${effects.command ?? 'pg_notify()'} exchanges data with other sessions.`
      : null,
};

export const largeObject: Rule = {
  id: 'large-object',
  title: 'Works on large objects',
  description: 'Large objects lie outside tables, columns and mask rules.',
  hint: 'The operator is asked.',
  applies: ({ effects }) =>
    effects.kinds.includes('large_object') ? `${functionNames(effects.functions)} works on large objects.` : null,
};

export const twoPhase: Rule = {
  id: 'two-phase-commit',
  title: 'Uses two-phase commit',
  description: 'A prepared transaction outlives the session and keeps its locks.',
  hint: 'Use COMMIT.',
  applies: ({ effects }) =>
    effects.object === 'PREPARED TRANSACTION'
      ? 'A prepared transaction outlives the session and keeps its locks.'
      : null,
};

export const unusualSetting: Rule = {
  id: 'unusual-setting',
  title: 'Changes a setting that drivers and tools do not',
  description: 'Settings outside the usual ones, values that come from rows, a search_path that is not seen.',
  hint: 'Set only what the session needs, one setting at a time, to a constant.',
  applies: ({ effects }) => {
    const changes =
      effects.settingChanges ?? effects.settings.map((name) => ({ name, source: 'expression' as const, value: null }));
    const unusual = changes.filter((change) => settingClass(change) !== 'ordinary').map(({ name }) => name);
    if (unusual.length === 0) return null;
    return unusual.includes('*')
      ? 'It changes settings that cannot be told from the text.'
      : `It changes ${unusual.join(', ')}.`;
  },
};

const READING: ReadonlySet<EffectKind> = new Set([
  'read',
  'explain',
  'copy_out',
  'session',
  'transaction',
  'cursor',
  'prepare',
  'execute',
]);

/** What only reads or keeps house in its own session. PREPARE passes whatever it holds: EXECUTE is judged as that. */
export const reading: Rule = {
  id: 'read',
  title: 'Reads, or keeps house in its own session',
  description:
    'SELECT, COPY … TO STDOUT, EXPLAIN, SHOW, ordinary SET, transactions, cursors; PREPARE, whose EXECUTE is judged.',
  hint: null,
  applies: ({ effects }) =>
    effects.kinds.length > 0 && effects.writes.length === 0 && effects.kinds.every((kind) => READING.has(kind))
      ? `It only reads${subjectOf(effects)} or changes its own session.`
      : null,
};
