/**
 * Columns of the system catalogs that hold values of user tables, secrets, or other people's statement text
 * (manual, "System Catalogs" and "System Views"). They are masked wherever mask rules are in force. Names suffice:
 * what is meant is the catalog's, or a look-alike that can only over-mask.
 */
const statisticsValues = [
  'most_common_vals',
  'most_common_freqs',
  'histogram_bounds',
  'most_common_elems',
  'most_common_elem_freqs',
  'elem_count_histogram',
  'range_length_histogram',
  'range_bounds_histogram',
];
const slots = [1, 2, 3, 4, 5].flatMap((slot) => [`stavalues${slot}`, `stanumbers${slot}`]);

const valueColumns: Readonly<Record<string, readonly string[]>> = {
  pg_stats: statisticsValues,
  pg_stats_ext: [...statisticsValues, 'most_common_val_nulls', 'most_common_base_freqs', 'dependencies', 'n_distinct'],
  pg_stats_ext_exprs: statisticsValues,
  pg_statistic: slots,
  pg_statistic_ext_data: ['stxdmcv', 'stxdexpr', 'stxdndistinct', 'stxddependencies'],
  pg_largeobject: ['data'],
  pg_authid: ['rolpassword'],
  pg_shadow: ['passwd'],
  pg_user_mapping: ['umoptions'],
  pg_user_mappings: ['umoptions'],
  user_mapping_options: ['option_value'],
  pg_subscription: ['subconninfo'],
  pg_stat_activity: ['query'],
  pg_stat_statements: ['query'],
  pg_hba_file_rules: ['type', 'database', 'user_name', 'address', 'netmask', 'auth_method', 'options', 'error'],
  pg_file_settings: ['setting'],
};

/** Names of the columns of a system relation that hold values; empty for the rest. */
export function systemValueColumns(relation: string): readonly string[] {
  return Object.hasOwn(valueColumns, relation) ? (valueColumns[relation] ?? []) : [];
}

/** OIDs below are handed out by initdb only: pg_catalog and information_schema (access/transam.h, FirstNormalObjectId). */
export const firstUserOid = 16384;

/** True for a schema that only the server itself fills. */
export const isSystemSchema = (schema: string): boolean => schema === 'pg_catalog' || schema === 'information_schema';
