import pg from 'pg';
import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../src/gateway/sql/catalog-query.ts';
import type { Parser } from '../../src/gateway/sql/parser.ts';
import { type Disagreement, disagreements } from './compare.ts';
import { NamedStatements } from './named-statements.ts';
import { catalogOver, deedsBetween, nothingDone, type Observation, observe, run } from './observe.ts';
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
  readonly #named: NamedStatements;
  #catalog: CatalogSnapshot | null = null;
  #version = 1;
  #before: Observation | null = null;
  /** The session between two transactions of ours, while nothing has happened that could have changed it unseen. */
  #idle: Observation | null = null;

  private constructor(client: pg.Client, parser: Parser) {
    this.#client = client;
    this.#parser = parser;
    this.#named = new NamedStatements(parser);
  }

  static async open(config: pg.ClientConfig, parser: Parser): Promise<DifferentialSession> {
    const client = new pg.Client({ ...config, options: '-c track_functions=all' });
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
    if (kinds.includes('transaction')) return this.#unobserved(statement, 'not observed');
    const inTransaction = this.#inTransaction;
    if (!inTransaction) await this.#client.query('BEGIN');
    try {
      if (this.#catalog === null || this.#stale(kinds)) await this.#loadCatalog();
      this.#before ??= this.#idle === null ? await observe(this.#client) : nothingDone(this.#idle);
    } catch {
      return this.#unobserved(statement, 'not observed', !inTransaction);
    }
    const catalog = this.#catalog;
    const stale = this.#dirty;
    const judged = this.#parser.understand(statement.sql, catalog);
    try {
      await run(this.#client, statement.sql, statement.copyData);
      if (!inTransaction) await this.#client.query('SET CONSTRAINTS ALL IMMEDIATE');
    } catch (error) {
      const unsuitable = /transaction block|25001/.test(String((error as Error).message));
      this.#before = null;
      this.#idle = null;
      if (!inTransaction) await this.#client.query('ROLLBACK').catch(() => undefined);
      return unsuitable && !inTransaction ? this.#unobserved(statement, 'not observed') : { outcome: 'failed' };
    }
    let after: Observation;
    try {
      after = await observe(this.#client);
    } catch {
      this.#before = null;
      this.#idle = null;
      if (!inTransaction) await this.#client.query('ROLLBACK').catch(() => undefined);
      return { outcome: 'not observed' };
    }
    const deeds = deedsBetween(this.#before, after);
    this.#before = inTransaction ? after : null;
    // What SET LOCAL changed is undone by now, so settings are looked at anew.
    this.#idle = inTransaction || deeds.settings.length > 0 || deeds.tookAdvisoryLock ? null : after;
    if ([...deeds.writtenRows].some((oid) => after.relations.get(oid)?.system === true)) this.#dirty = true;
    if (!inTransaction) await this.#client.query('COMMIT').catch(() => undefined);
    if (deeds.settings.includes('search_path') || deeds.settings.includes('role')) this.#dirty = true;
    const one = judged.status === 'understood' ? judged.statements[0] : undefined;
    const effects = one === undefined ? null : this.#named.resolve(one, catalog);
    if (effects === null || catalog === null) return { outcome: 'not understood' };
    // A definition is judged with the catalog of before the latest ones, which need not know the functions that it calls.
    const seen = stale ? { ...deeds, called: [] } : deeds;
    return { outcome: 'compared', disagreements: disagreements(effects, seen, after, catalog) };
  }

  #dirty = true;

  /** Definitions are compared with an old catalog too: only that they are not judged quiet. */
  #stale(kinds: readonly string[]): boolean {
    return this.#dirty && !kinds.some((kind) => DEFINES.has(kind));
  }

  /** Runs a statement without looking at what it does. */
  async replay(statement: ScriptStatement): Promise<void> {
    await run(this.#client, statement.sql, statement.copyData).catch(() => undefined);
  }

  async #loadCatalog(): Promise<void> {
    this.#catalog = await loadCatalog(catalogOver(this.#client), this.#version++);
    this.#dirty = false;
    this.#before = null;
    this.#idle = null;
  }

  get #inTransaction(): boolean {
    return (this.#client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus() !== 'I';
  }

  async #unobserved<T extends Outcome['outcome']>(statement: ScriptStatement, outcome: T, rollBack = false) {
    if (rollBack) await this.#client.query('ROLLBACK').catch(() => undefined);
    this.#before = null;
    this.#idle = null;
    this.#dirty = true;
    await run(this.#client, statement.sql, statement.copyData).catch(() => undefined);
    return { outcome } as Outcome;
  }
}
