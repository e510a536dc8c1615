import type { ConnectionConfig, MaskRule } from '../contract/index.ts';
import { type CatalogAt, type RenamedColumn, type RenamedLook, rulesOfRenamed } from './masking/covered.ts';
import { fencedColumns } from './masking/fenced-columns.ts';
import { withDetected } from './masking/net/detected-columns.ts';
import type { FoundColumns } from './masking/net/findings.ts';
import type { CatalogSnapshot } from './sql/catalog.ts';
import { catalogFingerprint } from './sql/catalog-fingerprint.ts';
import { catalogMoment } from './sql/catalog-moment.ts';
import { loadCatalog } from './sql/catalog-query.ts';
import { type DatabaseIdentity, databaseIdentity } from './sql/database-identity.ts';
import { type Fence, noFence } from './upstream/role-grants.ts';
import type { SideConnection } from './upstream/side-query.ts';

const fenced = new WeakMap<ConnectionConfig, ConnectionConfig>();

/**
 * A connection as its statements are judged: behind the strict fence a masked column is out of reach, so the agent hears which
 * columns are there instead of a bare `permission denied`.
 */
export function behindFence(config: ConnectionConfig): ConnectionConfig {
  const { sessionRole, maskRules } = config;
  if (sessionRole.kind !== 'just_in_time' || sessionRole.fence === 'withheld') return config;
  const known = fenced.get(config);
  if (known !== undefined) return known;
  const judged = {
    ...config,
    maskRules: maskRules.map((rule): MaskRule => ({ ...rule, masker: { kind: 'withhold' } })),
  };
  fenced.set(config, judged);
  return judged;
}

/** Databases whose catalog is kept, so that a session does not wait for it to be read again. */
const kept = 16;

/** Fences of one catalog that are kept: one for each set of rules that somebody is excepted from. */
const keptFences = 16;

interface Compiled {
  readonly rules: ConnectionConfig['maskRules'];
  readonly copied: readonly MaskRule[];
  readonly renamed: readonly RenamedColumn[];
  readonly found: FoundColumns;
  readonly strict: boolean;
  readonly fence: Fence;
}

/** What is masked besides the columns that rules name. Each gives the same object until it changes. */
export interface FencesOptions {
  /** Rules of columns that masked values were copied to. */
  readonly copied: (connection: string, database: string) => readonly MaskRule[];
  /** Columns that left their rules by another name. */
  readonly renamed: (
    connection: string,
    identity: DatabaseIdentity,
    at: CatalogAt,
    rules: readonly MaskRule[],
  ) => RenamedLook;
  /** Columns in which detectors recognised values. */
  readonly found: (connection: string) => FoundColumns;
}

/** Whether the mask rules of a connection keep anything from the roles of its sessions. */
export const isFenced = ({ maskRules, sessionRole }: ConnectionConfig): boolean =>
  sessionRole.kind === 'just_in_time' &&
  maskRules.some(({ masker }) => sessionRole.fence === 'masked' || masker.kind === 'withhold');

const nothingCopied: readonly MaskRule[] = [];

interface ReadCatalog {
  readonly catalog: CatalogSnapshot;
  readonly identity: DatabaseIdentity;
  /** When it was read, or seen to be the server's still. */
  readonly moment: number;
}

/** What the roles of sessions are not granted, by the mask rules of their connection and the catalog as it is now. */
export class Fences {
  readonly #options: FencesOptions;
  /** In the order of last use, each with the fingerprint that it was read under. */
  readonly #catalogs = new Map<string, { readonly fingerprint: string; readonly read: ReadCatalog }>();
  /** What was made of a catalog last, by the rules that were left out. */
  readonly #compiled = new WeakMap<CatalogSnapshot, Map<string, Compiled>>();

  constructor(options: FencesOptions) {
    this.#options = options;
  }

  /** `excepted`: ids of rules that do not hold for whom it is for. Rejects with what the side connection rejects with. */
  async of(config: ConnectionConfig, side: SideConnection, excepted: readonly string[] = []): Promise<Fence> {
    if (!isFenced(config)) return noFence;
    const { name, maskRules: rules, sessionRole } = config;
    const strict = sessionRole.kind === 'just_in_time' && sessionRole.fence === 'masked';
    const place = await side.query('SELECT pg_catalog.current_database(), CURRENT_USER');
    const { catalog: read, identity, moment } = await this.#catalog(JSON.stringify([name, place]), side);
    const copied = strict ? this.#options.copied(name, identity.database) : nothingCopied;
    const found = this.#options.found(name);
    const catalog = withDetected(read, found, rules);
    const { columns: renamed } = this.#options.renamed(name, identity, { catalog, moment }, rules);
    const compiled = this.#compiled.get(read) ?? new Map<string, Compiled>();
    this.#compiled.set(read, compiled);
    const key = JSON.stringify(excepted);
    const known = compiled.get(key);
    const same = known?.rules === rules && known.copied === copied && known.renamed === renamed;
    if (same && known.found === found && known.strict === strict) return known.fence;
    const holding = [...rules, ...rulesOfRenamed(renamed, rules)].filter(({ id }) => !excepted.includes(id));
    const fence = fencedColumns([...holding, ...copied], catalog, strict ? 'masked' : 'withheld');
    if (compiled.size >= keptFences) compiled.clear();
    compiled.set(key, { rules, copied, renamed, found, strict, fence });
    return fence;
  }

  async #catalog(key: string, side: SideConnection): Promise<ReadCatalog> {
    const moment = catalogMoment();
    // In this order: what changes between the two is found by the next comparison.
    const fingerprint = await catalogFingerprint(side.query);
    const found = this.#catalogs.get(key);
    const read =
      found?.fingerprint === fingerprint
        ? { ...found.read, moment }
        : { catalog: await loadCatalog(side.query, 0), identity: await databaseIdentity(side.query), moment };
    this.#catalogs.delete(key);
    this.#catalogs.set(key, { fingerprint, read });
    const [oldest] = this.#catalogs.keys();
    if (this.#catalogs.size > kept && oldest !== undefined) this.#catalogs.delete(oldest);
    return read;
  }
}
