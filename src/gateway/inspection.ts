import type { ConnectionConfig, ConnectionTest } from '../contract/index.ts';
import { withDetected } from './masking/net/detected-columns.ts';
import type { Findings } from './masking/net/findings.ts';
import type { CoveredColumns } from './memory/covered-columns.ts';
import type { RoleRequests } from './role-requests.ts';
import { type SampledColumns, sampleColumns } from './sampling/sample-columns.ts';
import { type SampleRows, sampleTable } from './sampling/sample-rows.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import type { CatalogSnapshot } from './sql/catalog.ts';
import { catalogMoment } from './sql/catalog-moment.ts';
import { loadCatalog } from './sql/catalog-query.ts';
import { databaseIdentity } from './sql/database-identity.ts';
import { GatewayError } from './types.ts';
import type { CredentialVault } from './upstream/credentials.ts';
import { openSideConnection, type SideConnection } from './upstream/side-query.ts';
import { resolveSecrets, upstreamTarget } from './upstream/target.ts';
import { testConnection } from './upstream/test-connection.ts';

export interface InspectionOptions {
  readonly settings: CurrentSettings;
  readonly credentials: CredentialVault;
  readonly findings: Findings;
  readonly covered: CoveredColumns;
  readonly roleRequests: RoleRequests;
  readonly monotonic: () => number;
}

/** What the operator looks at in a database: each look is a side connection of its own, closed behind it. */
export class Inspection {
  readonly #options: InspectionOptions;

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  /** Opens an upstream as it is typed, once, step by step. Never throws for its faults. */
  test(config: ConnectionConfig, password: string | null): Promise<ConnectionTest> {
    const { credentials, roleRequests } = this.#options;
    const secrets = resolveSecrets(credentials, config, password);
    return testConnection(
      secrets.then((found) => upstreamTarget(config, found)),
      { audit: (side) => roleRequests.findings(config, side) },
    );
  }

  /** A fresh catalog, with the columns in which detectors recognised something. Rejects with UpstreamError. */
  catalog(connection: string): Promise<CatalogSnapshot> {
    return this.#withSide(connection, async (side) =>
      withDetected(await loadCatalog(side.query, 0), this.#options.findings.found(connection), null),
    );
  }

  /** Looks which columns of a connection's own database left their mask rules by another name. Rejects with UpstreamError. */
  lookForRenamed(connection: string): Promise<void> {
    const { settings, findings, covered } = this.#options;
    return this.#withSide(connection, async (side) => {
      const moment = catalogMoment();
      const read = await loadCatalog(side.query, 0);
      const identity = await databaseIdentity(side.query);
      const rules = settings.connection(connection)?.maskRules ?? [];
      const catalog = withDetected(read, findings.found(connection), rules);
      covered.look(connection, identity, { catalog, moment }, rules);
    });
  }

  /** The first rows of a table, as they are. Rejects with UpstreamError. */
  rows(connection: string, schema: string, table: string, limit: number): Promise<SampleRows> {
    return this.#withSide(connection, (side) => sampleTable(side, schema, table, limit));
  }

  /** What a few rows of the largest tables look like: counts, no value. Rejects with UpstreamError. */
  columns(connection: string): Promise<SampledColumns> {
    const { monotonic } = this.#options;
    return this.#withSide(connection, async (side) => sampleColumns(side, await loadCatalog(side.query, 0), monotonic));
  }

  async #withSide<T>(connection: string, work: (side: SideConnection) => Promise<T>): Promise<T> {
    const config = this.#options.settings.connection(connection);
    if (config === null) {
      throw new GatewayError('settings_invalid', `There is no connection "${connection}".`, 'Choose another one.');
    }
    const target = upstreamTarget(config, await resolveSecrets(this.#options.credentials, config));
    const side = await openSideConnection(target, { statementTimeoutMs: 5_000 });
    try {
      return await work(side);
    } finally {
      side.close();
    }
  }
}
