import pg from 'pg';
import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../src/gateway/sql/catalog-query.ts';
import type { Parser } from '../../src/gateway/sql/parser.ts';
import { type Disagreement, disagreements } from './compare.ts';
import { catalogOver, deedsBetween, type Observation, observe, run } from './observe.ts';
import type { ScriptStatement } from './psql-script.ts';

/** What became of a statement: `compared` with what it did, or why not. */
export type Outcome =
  | { readonly outcome: 'compared'; readonly disagreements: readonly Disagreement[] }
  | { readonly outcome: 'failed' | 'not understood' | 'several statements' | 'not observed' };

const DEFINES = new Set(['ddl', 'dcl', 'maintenance', 'unknown', 'procedural']);

/** Runs the statements of one script in one session, as psql would, and compares each with its effects. */
export class DifferentialSession {
  readonly #client: pg.Client;
  readonly #parser: Parser;
  #catalog: CatalogSnapshot | null = null;
  #version = 1;
  #before: Observation | null = null;

  private constructor(client: pg.Client, parser: Parser) {
    this.#client = client;
    this.#parser = parser;
  }

  static async open(config: pg.ClientConfig, parser: Parser): Promise<DifferentialSession> {
    const client = new pg.Client(config);
    client.on('error', () => undefined);
    client.on('notice', () => undefined);
    await client.connect();
    return new DifferentialSession(client, parser);
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async run(statement: ScriptStatement): Promise<Outcome> {
    const understood = this.#parser.understand(statement.sql, null);
    if (understood.status === 'not_understood') return this.#unobserved(statement, 'not understood');
    const [only, ...more] = understood.statements;
    if (only === undefined || more.length > 0) return this.#unobserved(statement, 'several statements');
    const { kinds } = only.effects;
    if (kinds.includes('transaction') || kinds.includes('execute')) return this.#unobserved(statement, 'not observed');
    const inTransaction = this.#inTransaction;
    if (!inTransaction) await this.#client.query('BEGIN');
    try {
      if (this.#catalog === null || this.#stale(kinds)) await this.#loadCatalog();
      this.#before ??= await observe(this.#client);
    } catch {
      return this.#unobserved(statement, 'not observed', !inTransaction);
    }
    const catalog = this.#catalog;
    const judged = this.#parser.understand(statement.sql, catalog);
    try {
      await run(this.#client, statement.sql, statement.copyData);
      if (!inTransaction) await this.#client.query('SET CONSTRAINTS ALL IMMEDIATE');
    } catch (error) {
      const unsuitable = /transaction block|25001/.test(String((error as Error).message));
      this.#before = null;
      if (!inTransaction) await this.#client.query('ROLLBACK').catch(() => undefined);
      return unsuitable && !inTransaction ? this.#unobserved(statement, 'not observed') : { outcome: 'failed' };
    }
    let after: Observation;
    try {
      after = await observe(this.#client);
    } catch {
      this.#before = null;
      if (!inTransaction) await this.#client.query('ROLLBACK').catch(() => undefined);
      return { outcome: 'not observed' };
    }
    const deeds = deedsBetween(this.#before, after);
    this.#before = inTransaction ? after : null;
    if ([...deeds.writtenRows].some((oid) => after.relations.get(oid)?.system === true)) this.#dirty = true;
    if (!inTransaction) await this.#client.query('COMMIT').catch(() => undefined);
    if (deeds.settings.includes('search_path') || deeds.settings.includes('role')) this.#dirty = true;
    const one = judged.status === 'understood' ? judged.statements[0] : undefined;
    if (one === undefined || catalog === null) return { outcome: 'not understood' };
    return { outcome: 'compared', disagreements: disagreements(one.effects, deeds, after, catalog) };
  }

  #dirty = true;

  /** Definitions are compared with an old catalog too: only that they are not judged quiet. */
  #stale(kinds: readonly string[]): boolean {
    return this.#dirty && !kinds.some((kind) => DEFINES.has(kind));
  }

  async #loadCatalog(): Promise<void> {
    this.#catalog = await loadCatalog(catalogOver(this.#client), this.#version++);
    this.#dirty = false;
    this.#before = null;
  }

  get #inTransaction(): boolean {
    return (this.#client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus() !== 'I';
  }

  async #unobserved<T extends Outcome['outcome']>(statement: ScriptStatement, outcome: T, rollBack = false) {
    if (rollBack) await this.#client.query('ROLLBACK').catch(() => undefined);
    this.#before = null;
    this.#dirty = true;
    await run(this.#client, statement.sql, statement.copyData).catch(() => undefined);
    return { outcome } as Outcome;
  }
}
