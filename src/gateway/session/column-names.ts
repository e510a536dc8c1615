import type { ColumnName } from '../../contract/index.ts';
import type { CatalogQuery, CatalogSnapshot } from '../sql/catalog.ts';
import { indexOf } from '../sql/catalog-index.ts';

/** A connection of ours to the same database. */
interface SideConnection {
  readonly query: CatalogQuery;
  close(): void;
}

/** Columns whose names are remembered; beyond it all are asked for again. */
const remembered = 1000;

/** Names of table columns by the numbers that a RowDescription gives: from the catalog where it is known, else asked for once. */
export class ColumnNames {
  readonly #openSide: () => Promise<SideConnection>;
  readonly #asked = new Map<string, Promise<ColumnName | null>>();

  constructor(openSide: () => Promise<SideConnection>) {
    this.#openSide = openSide;
  }

  /** Rejects with UpstreamError when the server cannot be asked. */
  at(tableOid: number, attributeNumber: number, catalog: CatalogSnapshot | null): Promise<ColumnName | null> {
    const relation = catalog === null ? null : indexOf(catalog).relationByOid(tableOid);
    const column = relation?.columns.find((candidate) => candidate.attributeNumber === attributeNumber);
    if (relation != null && column !== undefined) {
      return Promise.resolve({ schema: relation.schema, table: relation.name, column: column.name });
    }
    const key = `${tableOid}.${attributeNumber}`;
    const known = this.#asked.get(key);
    if (known !== undefined) return known;
    if (this.#asked.size >= remembered) this.#asked.clear();
    const asked = this.#ask(tableOid, attributeNumber);
    this.#asked.set(key, asked);
    asked.catch(() => this.#asked.delete(key));
    return asked;
  }

  async #ask(tableOid: number, attributeNumber: number): Promise<ColumnName | null> {
    const side = await this.#openSide();
    try {
      const [row] = await side.query(`
SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attrelid = ${Math.trunc(tableOid)} AND a.attnum = ${Math.trunc(attributeNumber)}`);
      const [schema, table, column] = row ?? [];
      return schema == null || table == null || column == null ? null : { schema, table, column };
    } finally {
      side.close();
    }
  }
}
