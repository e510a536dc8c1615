/**
 * Functions, operators and types of pg_catalog that cannot fail and make no rows, whatever value they are given: under these
 * a masked column may stand in a target list. Any other tells a bit by failing, by its time or by its number of rows
 * (reference: `orc-target-err-*` of the mask corpus).
 */
const functions = new Set(
  `any_value array_agg array_to_json array_to_string bool_and bool_or btrim coalesce concat concat_ws count dense_rank first_value format initcap
  json_agg json_build_array json_build_object json_object_agg jsonb_agg jsonb_build_array jsonb_build_object jsonb_object_agg lag
  last_value lead left length lower ltrim max md5 min num_nonnulls num_nulls quote_literal quote_nullable replace reverse right
  round row_number row_to_json rtrim split_part string_agg substr substring sum avg to_json to_jsonb trim upper`.split(
    /\s+/,
  ),
);
const operators = new Set([
  ...['=', '<>', '<', '>', '<=', '>=', '||', '~~', '!~~', '~~*', '!~~*', '->', '->>', '#>', '#>>'],
  ...['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC', 'NOT BETWEEN SYMMETRIC'],
]);
const types = new Set(['text', 'varchar', 'bpchar', 'name']);

export const isTotalFunction = (name: string): boolean => functions.has(name);
export const isTotalOperator = (name: string): boolean => operators.has(name);
export const isTotalType = (name: string): boolean => types.has(name);

/** Functions that put a value where it is read later without a rule: settings, notifications, locks, sequences. */
const carriers = new Set(['set_config', 'pg_notify', 'pg_logical_emit_message', 'setval', 'nextval', 'currval']);
export const carriesValues = (name: string): boolean => carriers.has(name) || name.includes('advisory');

const textJoiners = new Set(['array_agg', 'array_to_string', 'concat', 'concat_ws', 'string_agg', 'unnest']);
/** Functions whose result holds their arguments as they are, one behind the other. */
export const joinsTexts = (name: string): boolean => textJoiners.has(name);

const arrayKeepers = new Set(
  'any_value array_agg array_cat first_value lag last_value lead max min nth_value'.split(' '),
);
/** Functions that give back the arrays they are given, whole. */
export const handsOnArrays = (name: string): boolean => arrayKeepers.has(name);

const comparisons = new Set([
  '=',
  '<>',
  '<',
  '>',
  '<=',
  '>=',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  '~',
  '!~',
  '~*',
  '!~*',
  'BETWEEN',
  'NOT BETWEEN',
]);
export const isComparison = (name: string): boolean => comparisons.has(name);
