import type { CatalogIndex } from './catalog-index.ts';
import { isNode, listAt, nameParts } from './tree.ts';

/** Functions of pg_catalog that return sets and are worth inserting from; the others observe the server. */
const BUILT_IN: ReadonlySet<string> = new Set(
  `aclexplode generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text
json_object_keys json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each
jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset
regexp_matches regexp_split_to_table string_to_table ts_debug ts_parse ts_stat ts_token_type unnest`.split(/\s+/),
);

/** True when any call in the value may return a set. Without a catalog, any call of a name that is not built in may. */
export function mayReturnSet(value: unknown, index: CatalogIndex | null): boolean {
  if (Array.isArray(value)) return value.some((member) => mayReturnSet(member, index));
  if (!isNode(value)) return false;
  return Object.entries(value).some(
    ([tag, child]) =>
      (tag === 'FuncCall' && isNode(child) && isSetReturning(listAt(child, 'funcname'), index)) ||
      mayReturnSet(child, index),
  );
}

function isSetReturning(name: readonly unknown[], index: CatalogIndex | null): boolean {
  const called = nameParts(name).at(-1) ?? '';
  if (BUILT_IN.has(called) || /^pg_/.test(called)) return true;
  return index === null || index.functionsNamed(called).some(({ returnsSet }) => returnsSet === true);
}
