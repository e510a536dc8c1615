import type { SettingChange } from '../sql/effects.ts';

/** Settings that psql, pg_dump, drivers and ORMs change for their own session, and that only change its comfort or plans. */
const ORDINARY = new Set(
  `application_name array_nulls bytea_output check_function_bodies client_connection_check_interval client_encoding
client_min_messages commit_delay constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost
cursor_tuple_fraction datestyle deadlock_timeout default_statistics_target default_table_access_method
default_tablespace default_text_search_config default_toast_compression default_transaction_deferrable
default_transaction_isolation default_transaction_read_only effective_cache_size effective_io_concurrency
escape_string_warning exit_on_error extra_float_digits from_collapse_limit geqo geqo_effort geqo_generations
geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit
hash_mem_multiplier idle_in_transaction_session_timeout idle_session_timeout intervalstyle jit jit_above_cost
jit_expressions jit_inline_above_cost jit_optimize_above_cost jit_tuple_deforming join_collapse_limit lc_messages
lc_monetary lc_numeric lc_time lock_timeout logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem
max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather min_parallel_index_scan_size
min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode
quote_all_identifiers random_page_cost recursive_worktable_factor restrict_nonsystem_relation_kind row_security
search_path seed seq_page_cost standard_conforming_strings statement_timeout stats_fetch_consistency
synchronize_seqscans tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout temp_buffers
timezone timezone_abbreviations transaction_deferrable transaction_isolation transaction_read_only
transaction_snapshot transaction_timeout work_mem xmlbinary xmloption`.split(/\s+/),
);

/** Of widely used extensions: thresholds and efforts of searches. */
const OF_EXTENSIONS =
  /^(pg_trgm\.(strict_word_|word_)?similarity_threshold|hnsw\.(ef_search|iterative_scan|max_scan_tuples|scan_mem_multiplier)|ivfflat\.(probes|iterative_scan|max_probes))$/;

/** What one session may take of the server's memory: no setting of it above this, in kB. */
const MEMORY_KB = 8 * 1024 * 1024;

/** Settings of memory, with the size of their unit in kB (guc_tables). */
const MEMORY: Readonly<Record<string, number>> = {
  work_mem: 1,
  maintenance_work_mem: 1,
  logical_decoding_work_mem: 1,
  temp_buffers: 8,
};

const UNITS: Readonly<Record<string, number>> = { b: 1 / 1024, kb: 1, mb: 1024, gb: 1024 ** 2, tb: 1024 ** 3 };

/** True for an amount of memory that no session needs, or one that is not seen. */
function isExcessive({ name, source, value }: SettingChange): boolean {
  const unit = MEMORY[name];
  if (source === 'default' || (unit === undefined && name !== 'hash_mem_multiplier')) return false;
  const parts = /^\s*([\d.]+(?:e\d+)?)\s*([a-z]*)\s*$/i.exec(value ?? '');
  if (parts === null) return true;
  const [, amount, suffix = ''] = parts;
  if (unit === undefined) return Number(amount) > 32;
  return Number(amount) * (suffix === '' ? unit : (UNITS[suffix.toLowerCase()] ?? Infinity)) > MEMORY_KB;
}

/** Settings that say who the session is, what code it loads, or switch a protection off. */
const RESTRICTED = new Set([
  'role',
  'session_authorization',
  'session_replication_role',
  'session_preload_libraries',
  'local_preload_libraries',
  'shared_preload_libraries',
  'dynamic_library_path',
  'allow_system_table_mods',
  'ignore_system_indexes',
  'zero_damaged_pages',
  'ignore_checksum_failure',
]);

/** Settings that may have only this value: with any other, the server reads the same bytes differently than we do, or hides less. */
const FIXED: Readonly<Record<string, RegExp>> = {
  standard_conforming_strings: /^(on|true|t|yes|y|1)$/i,
  client_encoding: /^(utf-?8|unicode)$/i,
  row_security: /^(on|true|t|yes|y|1)$/i,
};

/** How a change of settings is to be judged. */
export function settingClass(change: SettingChange): 'ordinary' | 'unusual' | 'restricted' {
  if (RESTRICTED.has(change.name)) return 'restricted';
  // RESET ALL and DISCARD ALL, which pools send with every connection they take back (Npgsql, asyncpg), bring the session to
  // where it began: nothing that a new one would not be. What the server reports of it is read before the next text is.
  if (change.name === '*' && change.source === 'default') return 'ordinary';
  const fixed = FIXED[change.name];
  if (fixed !== undefined) {
    if (change.source === 'constant') return fixed.test(change.value ?? '') ? 'ordinary' : 'restricted';
    return change.source === 'default' ? 'unusual' : 'restricted'; // the server's default may be anything
  }
  // A value that comes from rows could carry them out; a search_path that we do not see changes what names mean.
  const visible = change.source !== 'expression' && !(change.name === 'search_path' && change.source === 'parameter');
  const usual = ORDINARY.has(change.name) || /^enable_[a-z_]+$/.test(change.name) || OF_EXTENSIONS.test(change.name);
  return visible && usual && !isExcessive(change) ? 'ordinary' : 'unusual';
}
