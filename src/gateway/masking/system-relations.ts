import type { MaskedBy } from './masked-catalog.ts';

/** The mask of columns of the system catalogs that hold values of user tables, or secrets. */
export const systemValue: MaskedBy = { rule: 'system', masker: { kind: 'full' } };

/** The mask of SQL text in the catalogs: what it defines is shown, its constants may be anybody's data. */
const definitionText: MaskedBy = { rule: 'system', masker: { kind: 'definition' } };

const treeText: MaskedBy = { rule: 'system', masker: { kind: 'tree' } };

/** The mask of options that say where another server is and how one logs in there. */
const optionsText: MaskedBy = { rule: 'system', masker: { kind: 'options' } };

/** The mask of lists of settings and other options. */
const settingsText: MaskedBy = { rule: 'system', masker: { kind: 'settings' } };

/** The mask of comments on objects: prose that may name people. */
const commentText: MaskedBy = { rule: 'system', masker: { kind: 'comment' } };

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
  _pg_user_mappings: ['umoptions'],
  user_mapping_options: ['option_value'],
  pg_subscription: ['subconninfo'],
  pg_stat_activity: ['query'],
  pg_stat_statements: ['query'],
  pg_hba_file_rules: ['type', 'database', 'user_name', 'address', 'netmask', 'auth_method', 'options', 'error'],
  pg_file_settings: ['setting'],
  pg_attribute: ['attmissingval'],
  pg_trigger: ['tgargs'],
};

/** Columns that hold expressions as the server keeps them: their constants are in there byte by byte. */
const treeColumns: Readonly<Record<string, readonly string[]>> = {
  pg_attrdef: ['adbin'],
  pg_class: ['relpartbound'],
  pg_constraint: ['conbin'],
  pg_index: ['indexprs', 'indpred'],
  pg_partitioned_table: ['partexprs'],
  pg_policy: ['polqual', 'polwithcheck'],
  pg_proc: ['prosqlbody', 'proargdefaults'],
  pg_publication_rel: ['prqual'],
  pg_rewrite: ['ev_qual', 'ev_action'],
  pg_statistic_ext: ['stxexprs'],
  pg_trigger: ['tgqual'],
  pg_type: ['typdefaultbin'],
};

/** Columns that hold definitions as SQL text. */
const definitionColumns: Readonly<Record<string, readonly string[]>> = {
  pg_proc: ['prosrc'],
  pg_type: ['typdefault'],
  pg_views: ['definition'],
  pg_matviews: ['definition'],
  pg_rules: ['definition'],
  pg_indexes: ['indexdef'],
  pg_policies: ['qual', 'with_check'],
  pg_publication_tables: ['rowfilter'],
  pg_stats_ext: ['exprs'],
  pg_stats_ext_exprs: ['expr'],
  columns: ['column_default', 'generation_expression'],
  views: ['view_definition'],
  routines: ['routine_definition'],
  parameters: ['parameter_default'],
  domains: ['domain_default'],
  attributes: ['attribute_default'],
  check_constraints: ['check_clause'],
  triggers: ['action_condition', 'action_statement'],
};

/** Columns that hold options of servers elsewhere. */
const optionsColumns: Readonly<Record<string, readonly string[]>> = {
  pg_foreign_data_wrapper: ['fdwoptions'],
  pg_foreign_server: ['srvoptions'],
  _pg_foreign_data_wrappers: ['fdwoptions'],
  _pg_foreign_servers: ['srvoptions'],
};

/** Views of information_schema with one option in a row: its name is shown, its value stands alone. */
const optionViews = [
  'foreign_data_wrapper_options',
  'foreign_server_options',
  'foreign_table_options',
  'column_options',
];

/** Columns that hold `name=value` pairs of settings, or of options of tables. */
const settingsColumns: Readonly<Record<string, readonly string[]>> = {
  pg_authid: ['rolconfig'],
  _pg_foreign_table_columns: ['attfdwoptions'],
  _pg_foreign_tables: ['ftoptions'],
  pg_attribute: ['attfdwoptions'],
  pg_db_role_setting: ['setconfig'],
  pg_foreign_table: ['ftoptions'],
  pg_proc: ['proconfig'],
  pg_roles: ['rolconfig'],
  pg_shadow: ['useconfig'],
  pg_user: ['useconfig'],
};

const commentColumns: Readonly<Record<string, readonly string[]>> = {
  pg_aggregate: ['agginitval', 'aggminitval'],
  pg_description: ['description'],
  pg_shdescription: ['description'],
  pg_seclabel: ['label'],
  pg_seclabels: ['label'],
  pg_shseclabel: ['label'],
};

/** Functions of pg_catalog that show definitions, whatever they are handed. */
const definitionFunctions = new Set(
  `pg_get_viewdef pg_get_functiondef pg_get_function_sqlbody pg_get_function_arguments pg_get_function_arg_default pg_get_expr
  pg_get_constraintdef pg_get_triggerdef pg_get_ruledef pg_get_indexdef pg_get_partition_constraintdef pg_get_statisticsobjdef
  pg_get_statisticsobjdef_expressions pg_get_partkeydef`.split(/\s+/),
);
const commentFunctions = new Set(['obj_description', 'col_description', 'shobj_description']);

/** Functions behind the system views of which columns are masked. */
const valueFunctions = new Set(
  'pg_stat_get_activity pg_stat_get_backend_activity pg_stat_statements pg_hba_file_rules pg_show_all_file_settings'.split(
    ' ',
  ),
);

/** The mask of what a function of pg_catalog shows; null when it shows nothing but its arguments. */
export function systemFunction(name: string): MaskedBy | null {
  if (definitionFunctions.has(name)) return definitionText;
  if (commentFunctions.has(name)) return commentText;
  if (name === 'pg_get_publication_tables') return treeText;
  return valueFunctions.has(name) ? systemValue : null;
}

/** The mask of a column of the system catalogs; null when it needs none. */
export function systemColumn(schema: string, relation: string, column: string): MaskedBy | null {
  if (includes(valueColumns, relation, column)) return systemValue;
  if (!isSystemSchema(schema)) return null;
  if (column === 'option_value' && optionViews.includes(relation)) return systemValue;
  if (includes(optionsColumns, relation, column)) return optionsText;
  if (includes(treeColumns, relation, column)) return treeText;
  if (includes(definitionColumns, relation, column)) return definitionText;
  if (includes(settingsColumns, relation, column)) return settingsText;
  return includes(commentColumns, relation, column) ? commentText : null;
}

const includes = (table: Readonly<Record<string, readonly string[]>>, relation: string, column: string): boolean =>
  Object.hasOwn(table, relation) && (table[relation] ?? []).includes(column);

/** OIDs below are handed out by initdb only: pg_catalog and information_schema (access/transam.h, FirstNormalObjectId). */
export const firstUserOid = 16384;

/** True for a schema that only the server itself fills. */
const isSystemSchema = (schema: string): boolean => schema === 'pg_catalog' || schema === 'information_schema';
