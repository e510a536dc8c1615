import type { DetectorName } from '../../contract/index.ts';
import { beginsWithGivenName } from '../masking/detectors/given-names.ts';
import { allDetectors, createScanner } from '../masking/detectors/index.ts';
import { typeGroup } from '../masking/suggestions/evidence.ts';
import type { ColumnSample } from '../masking/suggestions/types.ts';
import { firstUserOid } from '../masking/system-relations.ts';
import type { CatalogRelation, CatalogSnapshot } from '../sql/catalog.ts';
import type { SideConnection } from '../upstream/side-query.ts';
import { sqlIdentifier } from '../wire/quote.ts';

/** How much is read to suggest rules, whatever the size of the database. */
export const samplingLimit = {
  tables: 80,
  columns: 60,
  rows: 200,
  /** Characters from the beginning of one value. */
  value: 512,
  /** Milliseconds for one table, and for all. */
  tableMs: 1000,
  totalMs: 10_000,
} as const;

export interface SampledColumns {
  readonly samples: readonly ColumnSample[];
  /** Tables with columns that could hold something, and how many of them were read. */
  readonly tables: number;
  readonly sampled: number;
}

/**
 * Reads a few rows of the largest tables in read-only transactions and counts what detectors recognise in them. The values
 * are neither kept, logged nor returned. Tables that may not be read, or not in time, are left out.
 */
export async function sampleColumns(
  side: Pick<SideConnection, 'query'>,
  catalog: CatalogSnapshot,
  monotonic: () => number,
): Promise<SampledColumns> {
  const began = monotonic();
  const tables = catalog.relations.filter((relation) => hasRows(relation) && columnsOf(relation).length > 0);
  const samples: ColumnSample[] = [];
  let sampled = 0;
  for (const table of [...tables]
    .sort((one, other) => other.estimatedRows - one.estimatedRows)
    .slice(0, samplingLimit.tables)) {
    if (monotonic() - began > samplingLimit.totalMs) break;
    try {
      samples.push(...(await sampleTable(side, table)));
      sampled += 1;
    } catch {
      // Not ours to read, locked, or slow: the transaction failed, and the next table is another one.
      await side.query('ROLLBACK');
    }
  }
  return { samples, tables: tables.length, sampled };
}

/** Tables of users with rows of their own; views would run code, foreign tables would ask another server. */
const hasRows = ({ oid, kind, schema, parents }: CatalogRelation): boolean =>
  oid >= firstUserOid && (kind === 'r' || kind === 'p') && parents.length === 0 && !schema.startsWith('pg_');

const columnsOf = ({ columns }: CatalogRelation) =>
  columns
    .filter(({ type, generated }) => generated === null && ['text', 'number'].includes(typeGroup(type)))
    .filter(({ type }) => typeGroup(type) === 'text' || /^(?:bigint|numeric)/.test(type))
    .slice(0, samplingLimit.columns);

async function sampleTable(side: Pick<SideConnection, 'query'>, table: CatalogRelation): Promise<ColumnSample[]> {
  const columns = columnsOf(table);
  const list = columns.map(
    ({ name }) => `pg_catalog.left(${sqlIdentifier(name)}::pg_catalog.text, ${samplingLimit.value})`,
  );
  const rows = await side.query(
    `BEGIN READ ONLY; SET LOCAL statement_timeout = ${samplingLimit.tableMs}; SET LOCAL lock_timeout = ${samplingLimit.tableMs}; ` +
      `SELECT ${list.join(', ')} FROM ${sqlIdentifier(table.schema)}.${sqlIdentifier(table.name)} LIMIT ${samplingLimit.rows}; COMMIT`,
  );
  return columns.map(({ name, type }, index) => {
    const values = rows.flatMap((row) => row[index] ?? []);
    const recognised: Partial<Record<DetectorName, number>> = {};
    for (const value of values) {
      const bytes = Buffer.from(value, 'utf8');
      for (const { detector } of scanner.scan(bytes, 0, bytes.length, name, typeGroup(type) === 'number')) {
        recognised[detector] = (recognised[detector] ?? 0) + 1;
      }
    }
    return {
      ...{ schema: table.schema, table: table.name, column: name },
      ...{ looked: values.length, recognised, givenNames: values.filter(beginsWithGivenName).length },
    };
  });
}

const scanner = createScanner(allDetectors);
