import { type ParsedStatement, type RelationReference, takenFrom } from '../../sql/effects.ts';
import { namesNoneOf } from '../../sql/unnamed-columns.ts';
import type { Rule } from '../rule.ts';
import { relationNames } from '../words.ts';

/** Values of other tables in the statistics, and how often each is there; masks cover the same columns. */
const SAMPLES = `most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs
elem_count_histogram range_length_histogram range_bounds_histogram`.split(/\s+/);

/**
 * System relations that hold secrets, sampled values of other tables, or whole large objects, with the columns that do;
 * `all` where every column tells something. pg_dump, psql and dashboards read the other columns of the former.
 */
const SECRETS: Readonly<Record<string, readonly string[] | 'all'>> = {
  _pg_user_mappings: ['umoptions'],
  pg_authid: ['rolpassword'],
  pg_file_settings: 'all',
  pg_hba_file_rules: 'all',
  pg_ident_file_mappings: 'all',
  pg_largeobject: 'all',
  pg_shadow: ['passwd'],
  pg_statistic: [1, 2, 3, 4, 5].flatMap((slot) => [`stavalues${slot}`, `stanumbers${slot}`]),
  pg_statistic_ext_data: 'all',
  pg_stats: SAMPLES,
  pg_stats_ext: 'all',
  pg_stats_ext_exprs: SAMPLES,
  pg_subscription: ['subconninfo'],
  pg_user_mapping: ['umoptions'],
  pg_user_mappings: ['umoptions'],
  user_mapping_options: ['option_value'],
};

const isSystem = (schema: string | null): boolean => schema === 'pg_catalog' || schema === 'information_schema';

/** TOAST tables hold the long values of other tables, whatever those are. */
const isToast = ({ schema }: RelationReference): boolean => schema !== null && /^pg_toast(_temp_|$)/.test(schema);

const secretsOf = ({ schema, name }: RelationReference): readonly string[] | 'all' | undefined =>
  (schema === null || isSystem(schema)) && Object.hasOwn(SECRETS, name) ? SECRETS[name] : undefined;

/** The relations with secrets of which the statement may read the secrets. */
function secretsRead({ effects, tree }: ParsedStatement): readonly RelationReference[] {
  const reads = takenFrom(effects.reads);
  const { functions } = effects;
  // Views and functions of users may read what the text does not name.
  const named = reads.every(({ schema, via }) => via === undefined && isSystem(schema));
  const plain = named && functions.every(({ harmless }) => harmless);
  return reads.filter((one) => {
    if (isToast(one)) return true;
    const columns = secretsOf(one);
    if (columns === undefined) return false;
    return columns === 'all' || !plain || !namesNoneOf(new Set(columns), tree);
  });
}

export const secretCatalog: Rule = {
  id: 'secret-catalog',
  title: 'Reads secrets or samples from the system catalog',
  description:
    'Password hashes, connection strings, large objects, TOAST tables and the sampled column values in the statistics.',
  hint: 'Name the columns you need, without these; pg_roles and pg_class show what is safe to show.',
  applies: (statement) => {
    const secret = secretsRead(statement);
    return secret.length === 0 ? null : `${relationNames(secret)} holds secrets or samples of other tables.`;
  },
};
