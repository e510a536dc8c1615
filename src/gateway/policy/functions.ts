import type { FunctionReference } from '../sql/effects.ts';

/**
 * Functions that no agent needs: the server's files, its network, its write-ahead log and replication, other people's
 * sessions, session-level advisory locks (they outlive the transaction), its own configuration.
 */
const DANGEROUS: readonly RegExp[] = [
  /^pg_(read|ls|stat_file|logdir|file)(_|$)/,
  /^pg_(read_binary_file|current_logfile|show_all_file_settings|hba_file_rules|ident_file_mappings)$/,
  /^lo_(import|export)$/,
  /^dblink/,
  /^pg_(switch|replay|create_restore|promote|wal_replay|backup|log_standby|sync_replication)/,
  /^pg_(create|drop|copy|replication|logical|advance)_?.*(slot|origin|changes|emit_message)/,
  /^pg_replication_/,
  /^pg_(reload_conf|rotate_logfile|terminate_backend|cancel_backend|nextoid|import_system_collations)$/,
  /^pg_(try_)?advisory_(lock|unlock)(_shared)?$/,
  /^pg_(execute_server_program|extension_config_dump|stop_making_pinned_objects)/,
  /^pg_(clear|restore)_(attribute|relation)_stats$/,
  /^binary_upgrade_/,
  /^(postgres_fdw_disconnect|file_fdw|adminpack)/,
];

/** True for functions that reach out of the database or take hold of the server. */
export const isDangerous = (one: FunctionReference): boolean => DANGEROUS.some((pattern) => pattern.test(one.name));

/** True when a call needs nobody's consent: harmless, of an extension and known, only reading, a trigger's that keeps an audit trail, or judged by its settings (set_config). */
export const isSafeCall = (one: FunctionReference): boolean =>
  one.harmless ||
  one.ofExtension === true ||
  one.readsOnly === true ||
  one.appendsOnly === true ||
  (one.name === 'set_config' && (one.schema ?? 'pg_catalog') === 'pg_catalog');
