import type { NoticeFields } from '../wire/fields.ts';

/** Generic text by SQLSTATE class (manual, appendix A), for messages that may hold a value. */
const classText: Readonly<Record<string, string>> = {
  '00': 'notice',
  '01': 'warning',
  '02': 'no data',
  '08': 'connection exception',
  '0A': 'feature not supported',
  '21': 'cardinality violation',
  '22': 'data exception',
  '23': 'integrity constraint violation',
  '25': 'invalid transaction state',
  '26': 'invalid SQL statement name',
  '28': 'invalid authorization',
  '2B': 'dependent privilege descriptors still exist',
  '34': 'invalid cursor name',
  '38': 'external routine exception',
  '39': 'external routine invocation exception',
  '3B': 'savepoint exception',
  '3D': 'invalid catalog name',
  '3F': 'invalid schema name',
  '40': 'transaction rollback',
  '42': 'syntax error or access rule violation',
  '44': 'with check option violation',
  '53': 'insufficient resources',
  '54': 'program limit exceeded',
  '55': 'object not in prerequisite state',
  '57': 'operator intervention',
  '58': 'system error',
  P0: 'PL/pgSQL error',
  XX: 'internal error',
};

/**
 * Messages of parse analysis. `<>` stands for words of the statement itself; only when each of them stands in the text
 * that the agent sent is the message kept. A cast can raise the same code over a value (`email::regclass`).
 */
const templates: Readonly<Record<string, readonly RegExp[]>> = {
  '42601': [
    /^syntax error at or near "(.*)"$/s,
    /^syntax error at end of input$/,
    /^cannot specify (?:DELIMITER|NULL|HEADER) in BINARY mode$/,
  ],
  '42P01': [
    /^relation "(.*)" does not exist$/s,
    /^missing FROM-clause entry for table "(.*)"$/s,
    /^invalid reference to FROM-clause entry for table "(.*)"$/s,
  ],
  '42703': [
    /^column "?([^"]*)"? does not exist$/s,
    /^column "([^"]*)" of relation "([^"]*)" does not exist$/s,
    /^record "([^"]*)" has no field "([^"]*)"$/s,
  ],
  '42702': [/^column reference "(.*)" is ambiguous$/s],
  '42501': [/^permission denied for (?:table|view|schema|sequence|function|relation) "?([^"]*)"?$/s],
  '42803': [/^column "([^"]*)" must appear in the GROUP BY clause or be used in an aggregate function$/s],
  '42P07': [/^relation "([^"]*)" already exists(?:, skipping)?$/],
  '42809': [
    /^cannot copy from (?:view|materialized view|foreign table|sequence|partitioned table|non-table relation) "([^"]*)"$/,
  ],
  '42P10': [/^column "([^"]*)" is a generated column$/, /^FORCE_QUOTE column "([^"]*)" not referenced by COPY$/],
  '0A000': [/^COPY (?:quote|escape|force quote|FORCE_QUOTE) (?:available only in|requires) CSV mode$/i],
  '42P02': [/^there is no parameter \$\d+$/],
};

/** Messages without a variable part: they say nothing of the data, whoever raised them. */
const fixedMessages = new Set([
  'there is no transaction in progress',
  'there is already a transaction in progress',
  'current transaction is aborted, commands ignored until end of transaction block',
  'canceling statement due to user request',
  'canceling statement due to statement timeout',
  'canceling statement due to lock timeout',
  'deadlock detected',
  'terminating connection due to administrator command',
  'terminating connection due to idle-in-transaction timeout',
  'terminating connection due to idle-session timeout',
  'terminating connection due to transaction timeout',
]);

/**
 * What may be shown of an error or notice of a statement that may hold masked values: severity and SQLSTATE, and the
 * message only when it is known to say no more than the statement does.
 *
 * `text` is what the agent sent. `ranCode` is true when functions of users, triggers or a DO block may have raised it:
 * they can put any text under any code.
 */
export function scrubFields(fields: NoticeFields, text: string, ranCode: boolean): NoticeFields {
  const code = fields.C ?? 'XX000';
  const message = fields.M ?? '';
  const fixed = fixedMessages.has(message);
  const kept = fixed || (!ranCode && quotesOnly(message, templates[code] ?? [], text));
  const result: Record<string, string> = {};
  for (const letter of ['S', 'V']) {
    const value = fields[letter];
    if (value !== undefined) result[letter] = value;
  }
  result.C = ranCode && !isStandardCode(code) ? 'P0001' : code;
  result.M = kept
    ? message
    : `${classText[code.slice(0, 2)] ?? 'error'} (details withheld: this statement may touch masked columns)`;
  // The position is one in the agent's own text.
  if (kept && !fixed && fields.P !== undefined) result.P = fields.P;
  return result;
}

/**
 * Code written by users may name any five characters as SQLSTATE, and so a value. These stay, because programs act on
 * them; the rest becomes P0001 (raise_exception).
 */
const commonCodes = new Set(
  '22001 22003 22012 22023 22P02 23001 23502 23503 23505 23514 23P01 25001 25P01 25P02 25P03 25P04 40001 40P01 42501 42601 42703 42883 42P01 55000 55P03 57014 57P01 57P05'.split(
    ' ',
  ),
);
const isStandardCode = (code: string): boolean =>
  commonCodes.has(code) || (Object.hasOwn(classText, code.slice(0, 2)) && /^(?:..000|P000[0-4])$/.test(code));

function quotesOnly(message: string, patterns: readonly RegExp[], text: string): boolean {
  const lower = text.toLowerCase();
  return patterns.some((pattern) => {
    const words = pattern.exec(message)?.slice(1);
    return words?.every((quoted) => quoted.split('.').every((word) => lower.includes(word.toLowerCase()))) ?? false;
  });
}
