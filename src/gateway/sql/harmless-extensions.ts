import type { CatalogFunction } from './catalog.ts';

/**
 * Extensions whose IMMUTABLE and STABLE functions in C only compute on their arguments. Read one by one: the label is a
 * promise, and tablefunc's crosstab and xml2's xpath_table are STABLE and run SQL that is handed to them.
 */
const COMPUTING: ReadonlySet<string> = new Set(
  `citext cube earthdistance fuzzystrmatch hstore intarray isn ltree pg_trgm pgcrypto postgis seg unaccent uuid-ossp
vector`.split(/\s+/),
);

/** Volatile ones that only observe the server or draw random numbers, as `extension.function`. */
const OBSERVING: ReadonlySet<string> = new Set(
  `pg_stat_statements.pg_stat_statements pg_stat_statements.pg_stat_statements_info pgcrypto.gen_random_bytes
pgcrypto.gen_salt uuid-ossp.uuid_generate_v1 uuid-ossp.uuid_generate_v1mc uuid-ossp.uuid_generate_v4`.split(/\s+/),
);

/** Of those, what one call of may take hours: crypt() hashes as often as its salt says. */
const COSTLY: ReadonlySet<string> = new Set(['pgcrypto.crypt']);

/** True for a function of an extension that is known to change nothing, wait for nobody and run no SQL handed to it. */
export function isHarmlessOfExtension({
  name,
  extension,
  volatility,
  language,
  securityDefiner,
}: CatalogFunction): boolean {
  if (extension === undefined || securityDefiner) return false;
  if (COSTLY.has(`${extension}.${name}`)) return false;
  if (OBSERVING.has(`${extension}.${name}`)) return true;
  // An aggregate's language is internal, whatever its state functions are written in.
  return COMPUTING.has(extension) && volatility !== 'v' && (language === 'c' || language === 'internal');
}
