import type { ConnectionConfig, MaskRule } from '../contract/index.ts';
import { fencedColumns } from './masking/fenced-columns.ts';
import type { CatalogSnapshot } from './sql/catalog.ts';
import { catalogFingerprint } from './sql/catalog-fingerprint.ts';
import { loadCatalog } from './sql/catalog-query.ts';
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
  readonly strict: boolean;
  readonly fence: Fence;
}

/** Whether the mask rules of a connection keep anything from the roles of its sessions. */
export const isFenced = ({ maskRules, sessionRole }: ConnectionConfig): boolean =>
  sessionRole.kind === 'just_in_time' &&
  maskRules.some(({ masker }) => sessionRole.fence === 'masked' || masker.kind === 'withhold');

const nothingCopied: readonly MaskRule[] = [];

/** What the roles of sessions are not granted, by the mask rules of their connection and the catalog as it is now. */
export class Fences {
  readonly #copied: (connection: string, database: string) => readonly MaskRule[];
  /** In the order of last use, each with the fingerprint that it was read under. */
  readonly #catalogs = new Map<string, { readonly fingerprint: string; readonly catalog: CatalogSnapshot }>();
  /** What was made of a catalog last, by the rules that were left out. */
  readonly #compiled = new WeakMap<CatalogSnapshot, Map<string, Compiled>>();

  /** `copied`: rules of columns that masked values were copied to; the same array until they change. */
  constructor(copied: (connection: string, database: string) => readonly MaskRule[]) {
    this.#copied = copied;
  }

  /** `excepted`: ids of rules that do not hold for whom it is for. Rejects with what the side connection rejects with. */
  async of(config: ConnectionConfig, side: SideConnection, excepted: readonly string[] = []): Promise<Fence> {
    if (!isFenced(config)) return noFence;
    const { name, maskRules: rules, sessionRole } = config;
    const strict = sessionRole.kind === 'just_in_time' && sessionRole.fence === 'masked';
    const [place = []] = await side.query('SELECT pg_catalog.current_database(), CURRENT_USER');
    const copied = strict ? this.#copied(name, place[0] ?? '') : nothingCopied;
    const catalog = await this.#catalog(JSON.stringify([name, place]), side);
    const compiled = this.#compiled.get(catalog) ?? new Map<string, Compiled>();
    this.#compiled.set(catalog, compiled);
    const key = JSON.stringify(excepted);
    const known = compiled.get(key);
    if (known?.rules === rules && known.copied === copied && known.strict === strict) return known.fence;
    const holding = rules.filter(({ id }) => !excepted.includes(id));
    const fence = fencedColumns([...holding, ...copied], catalog, strict ? 'masked' : 'withheld');
    if (compiled.size >= keptFences) compiled.clear();
    compiled.set(key, { rules, copied, strict, fence });
    return fence;
  }

  async #catalog(key: string, side: SideConnection): Promise<CatalogSnapshot> {
    // In this order: what changes between the two is found by the next comparison.
    const fingerprint = await catalogFingerprint(side.query);
    const found = this.#catalogs.get(key);
    const catalog = found?.fingerprint === fingerprint ? found.catalog : await loadCatalog(side.query, 0);
    this.#catalogs.delete(key);
    this.#catalogs.set(key, { fingerprint, catalog });
    const [oldest] = this.#catalogs.keys();
    if (this.#catalogs.size > kept && oldest !== undefined) this.#catalogs.delete(oldest);
    return catalog;
  }
}
