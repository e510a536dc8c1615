import type { Random } from './random.ts';

/** Two databases of this shape that differ in nothing but the values of masked columns. */
export const fixture = (secret: (column: string, row: number) => string): string => `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text, phone varchar(20), salary numeric(10,2), born date, tags text[], doc jsonb, active bool);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, status text, total numeric(10,2), ship_to text, email text);
CREATE TABLE payments (id int, card text, user_id int, paid date) PARTITION BY RANGE (paid);
CREATE TABLE payments_a PARTITION OF payments FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE payments_b (note text, paid date, user_id int, card text, id int);
ALTER TABLE payments_b DROP COLUMN note;
ALTER TABLE payments ATTACH PARTITION payments_b FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE VIEW contacts AS SELECT id, email AS contact, upper(nick) AS loud FROM users;
CREATE VIEW mixed AS SELECT id, status AS word FROM orders UNION ALL SELECT id, phone FROM users;
${[1, 2, 3, 4]
  .map(
    (
      row,
    ) => `INSERT INTO users VALUES (${row}, 'nick${row}', '${secret('email', row)}', '${secret('phone', row)}', ${secret('salary', row)},
  '${secret('born', row)}', ARRAY['${secret('tag', row)}', 'x'], '{"mail":"${secret('doc', row)}","kind":"a"}', ${row % 2 === 0});
INSERT INTO orders VALUES (${row * 10}, ${row}, 'st${row % 3}', ${row}.5, '${secret('ship', row)}', 'shop${row}@public.test');
INSERT INTO payments VALUES (${row}, '${secret('card', row)}', ${row}, '202${row % 2 === 0 ? 4 : 5}-03-0${row}');`,
  )
  .join('\n')}`;

/** What is masked in it, as `relation.column`. */
export const maskedColumns = [
  ...['users.email', 'users.phone', 'users.salary', 'users.born', 'users.tags', 'users.doc'],
  ...['orders.ship_to', 'payments.card'],
] as const;

type Type = 'int' | 'text' | 'numeric' | 'date' | 'bool' | 'texts' | 'jsonb';

export interface GeneratedColumn {
  readonly name: string;
  readonly type: Type;
  /** Something masked went into it. */
  readonly secret: boolean;
}

interface Query {
  readonly sql: string;
  readonly columns: readonly GeneratedColumn[];
}

interface Source {
  readonly sql: string;
  readonly alias: string;
  readonly columns: readonly GeneratedColumn[];
}

interface Expression {
  readonly sql: string;
  readonly type: Type;
  readonly secret: boolean;
}

const column = (name: string, type: Type, secret = false): GeneratedColumn => ({ name, type, secret });
const relations: Readonly<Record<string, readonly GeneratedColumn[]>> = {
  users: [
    column('id', 'int'),
    column('nick', 'text'),
    column('email', 'text', true),
    column('phone', 'text', true),
    column('salary', 'numeric', true),
    column('born', 'date', true),
    column('tags', 'texts', true),
    column('doc', 'jsonb', true),
    column('active', 'bool'),
  ],
  orders: [
    column('id', 'int'),
    column('user_id', 'int'),
    column('status', 'text'),
    column('total', 'numeric'),
    column('ship_to', 'text', true),
    column('email', 'text'),
  ],
  payments: [column('id', 'int'), column('card', 'text', true), column('user_id', 'int'), column('paid', 'date')],
  payments_b: [column('paid', 'date'), column('user_id', 'int'), column('card', 'text', true), column('id', 'int')],
  contacts: [column('id', 'int'), column('contact', 'text', true), column('loud', 'text')],
  mixed: [column('id', 'int'), column('word', 'text', true)],
};

/** Random queries that PostgreSQL takes, with what their columns are made from: written down as they are composed. */
export class QueryGenerator {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  query(depth = 3): Query {
    const kind = this.#random.below(10);
    if (depth > 0 && kind === 0) return this.#setOperation(depth);
    if (depth > 0 && kind === 1) return this.#withTables(depth);
    return this.#select(depth);
  }

  #name(): string {
    // Names of masked columns and of tables are given to other things as well.
    const tempting = ['email', 'card', 'id', 'users', 'phone', 'nick', 'x'];
    this.#names += 1;
    return this.#random.below(3) === 0 ? this.#random.pick(tempting) : `c${this.#names}`;
  }

  #alias(): string {
    this.#names += 1;
    return `t${this.#names}`;
  }

  #select(depth: number): Query {
    const sources = [this.#source(depth)];
    if (this.#random.below(3) === 0) sources.push(this.#source(depth));
    const lateral = depth > 0 && this.#random.below(6) === 0 ? this.#lateral(sources, depth) : null;
    const all = lateral === null ? sources : [...sources, lateral];
    const star = this.#random.below(8) === 0;
    const from = this.#join(sources, lateral);
    if (star) return { sql: `SELECT * FROM ${from}`, columns: all.flatMap(({ columns }) => columns) };
    const wanted = Array.from({ length: 1 + this.#random.below(4) }, () => this.#expression(all, depth));
    const columns = wanted.map(({ type, secret }) => column(this.#name(), type, secret));
    const list = wanted.map(({ sql }, at) => `${sql} AS ${columns[at]?.name}`);
    const where = this.#where(all);
    return { sql: `SELECT ${list.join(', ')} FROM ${from}${where}`, columns };
  }

  #join(sources: readonly Source[], lateral: Source | null): string {
    const kinds = ['CROSS JOIN', ','];
    const plain = sources.map(({ sql }) => sql).join(` ${this.#random.pick(kinds)} `);
    return lateral === null ? plain : `${plain} CROSS JOIN LATERAL ${lateral.sql}`;
  }

  /** A condition over columns that are not masked. */
  #where(sources: readonly Source[]): string {
    const open = this.#references(sources).filter(({ secret }) => !secret);
    if (open.length === 0 || this.#random.below(2) === 0) return '';
    const { sql, type } = this.#random.pick(open);
    const test = type === 'int' ? `${sql} < ${1 + this.#random.below(40)}` : `${sql} IS NOT NULL`;
    return ` WHERE ${test}`;
  }

  #source(depth: number): Source {
    const alias = this.#alias();
    if (depth > 0 && this.#random.below(3) === 0) {
      const { sql, columns } = this.query(depth - 1);
      if (this.#random.below(3) > 0) return { sql: `(${sql}) AS ${alias}`, alias, columns: unambiguous(columns) };
      const renamed = columns.map((one, at) => ({ ...one, name: `${alias}_${at}` }));
      return { sql: `(${sql}) AS ${alias}(${renamed.map(({ name }) => name).join(', ')})`, alias, columns: renamed };
    }
    const name = this.#random.pick(Object.keys(relations));
    const columns = relations[name] ?? [];
    if (this.#random.below(5) > 0) return { sql: `${name} AS ${alias}`, alias, columns };
    const names = columns.map((_, at) => `${alias}_${at}`);
    return {
      sql: `${name} AS ${alias}(${names.join(', ')})`,
      alias,
      columns: columns.map((one, at) => ({ ...one, name: names[at] ?? '' })),
    };
  }

  #lateral(sources: readonly Source[], depth: number): Source {
    const alias = this.#alias();
    const value = this.#expression(sources, depth - 1);
    const name = this.#name();
    return {
      sql: `(SELECT ${value.sql} AS ${name}, 1 AS one) AS ${alias}`,
      alias,
      columns: [column(name, value.type, value.secret), column('one', 'int')],
    };
  }

  #setOperation(depth: number): Query {
    const left = this.query(depth - 1);
    const right = this.query(depth - 1);
    const arity = Math.min(left.columns.length, right.columns.length);
    const names = left.columns.slice(0, arity).map(() => this.#alias());
    const arm = ({ sql, columns }: Query): string => {
      const given = columns.map((_, at) => `a${at}`);
      return `SELECT ${given
        .slice(0, arity)
        .map((name, at) => `${name}::text AS ${names[at]}`)
        .join(', ')} FROM (${sql}) AS arm(${given.join(', ')})`;
    };
    const columns = names.map((name, at) =>
      column(name, 'text', (left.columns[at]?.secret ?? false) || (right.columns[at]?.secret ?? false)),
    );
    return { sql: `${arm(left)} UNION ALL ${arm(right)}`, columns };
  }

  #withTables(depth: number): Query {
    const name = this.#random.pick(['users', 'orders', 'w', 'payments']);
    const inner = this.query(depth - 1);
    const names = inner.columns.map((_, at) => `w${at}`);
    const columns = inner.columns.map((one, at) => ({ ...one, name: names[at] ?? '' }));
    const alias = this.#alias();
    const source: Source = { sql: `${name} AS ${alias}`, alias, columns };
    const value = this.#expression([source], 1);
    const out = this.#name();
    return {
      sql: `WITH ${name}(${names.join(', ')}) AS (${inner.sql}) SELECT ${value.sql} AS ${out}, ${alias}.${names[0]} AS first FROM ${name} AS ${alias}`,
      columns: [column(out, value.type, value.secret), { ...(columns[0] ?? column('first', 'text')), name: 'first' }],
    };
  }

  #references(sources: readonly Source[]): Expression[] {
    return sources.flatMap(({ alias, columns }) =>
      columns.map(({ name, type, secret }) => ({ sql: `${alias}.${name}`, type, secret })),
    );
  }

  /** Expressions that cannot fail: the others are asked about when they are over something masked. */
  #expression(sources: readonly Source[], depth: number): Expression {
    const usable = this.#references(sources);
    const one = usable.length === 0 ? constant : this.#random.pick(usable);
    if (depth <= 0 || this.#random.below(3) === 0) return one;
    const other = usable.length === 0 ? constant : this.#random.pick(usable);
    const both = one.secret || other.secret;
    const text = (sql: string, secret = one.secret): Expression => ({ sql, type: 'text', secret });
    const row = this.#random.pick(sources);
    const whole = row.columns.some(({ secret }) => secret);
    switch (this.#random.below(17)) {
      case 0:
        return text(`upper(${one.sql}::text)`);
      case 1:
        return text(`${one.sql}::text || ${other.sql}::text`, both);
      case 2:
        return text(`md5(${one.sql}::text)`);
      case 3:
        return text(`coalesce(${one.sql}::text, ${other.sql}::text)`, both);
      case 4:
        return text(`CASE WHEN true THEN ${one.sql}::text ELSE ${other.sql}::text END`, both);
      case 5:
        return text(`concat(${one.sql}, '-', ${other.sql})`, both);
      case 6:
        return text(`to_json(${one.sql})::text`);
      case 7:
        return text(`row_to_json(${row.alias})::text`, whole);
      case 8:
        return text(`${row.alias}::text`, whole);
      case 9:
        return text(`(SELECT ${one.sql}::text)`);
      case 10:
        return text(`(ARRAY[${one.sql}::text, ${other.sql}::text])[1]`, both);
      case 11:
        return { sql: `(${one.sql} IS NULL)`, type: 'bool', secret: false };
      case 12:
        return { sql: 'row_number() OVER ()', type: 'int', secret: false };
      case 13:
        return { sql: 'count(*) OVER ()', type: 'int', secret: false };
      case 14:
        return text(`(SELECT string_agg(q.v, ',') FROM (SELECT ${one.sql}::text AS v) AS q)`);
      case 15:
        return text(`jsonb_build_object('k', ${one.sql})::text`);
      default:
        return text(`ROW(${one.sql}, ${other.sql})::text`, both);
    }
  }
}

const constant: Expression = { sql: "'constant'", type: 'text', secret: false };

/** Columns that a reference can mean: a name that stands twice is an error at the server. */
const unambiguous = (columns: readonly GeneratedColumn[]): readonly GeneratedColumn[] =>
  columns.filter(({ name }) => columns.filter((other) => other.name === name).length === 1);
