import pg from 'pg';
import { withClient } from './database.ts';
import type { Facts } from './facts.ts';
import type { Printer } from './printer.ts';

/** Values as the server wrote them: a Date or a number of JavaScript's would hide what really came. */
const asText = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

/** What the demo's agent works with: the gate, the database behind it for checking, and somewhere to say what happens. */
export interface AgentSessionPorts {
  /** The agent's address, key included. */
  readonly url: string;
  /** Straight to the database, around the gate. Only checks use it. */
  readonly direct: pg.ClientConfig;
  readonly printer: Printer;
  readonly facts: Facts;
}

type Row = Readonly<Record<string, unknown>>;

const readCustomers =
  'SELECT id, name, email, phone, national_id, birth_date, city FROM customers WHERE id <= 4 ORDER BY id';
const readCards = 'SELECT order_id, card_number, card_holder, amount FROM payments ORDER BY id LIMIT 3';
const disguised = "SELECT reverse(email) AS reversed, 'x' || national_id AS prefixed FROM customers WHERE id = 1";
const updateStock = 'UPDATE products SET stock = stock - 1 WHERE id = $1';
const dropPayments = 'DROP TABLE payments';
/** The product whose stock the demo changes. */
const product = 7;

/** The agent's session: an unchanged driver on the agent's address. Every claim about it is checked around the gate. */
export async function runAgentSession({ url, direct, printer, facts }: AgentSessionPorts): Promise<void> {
  const truth = (sql: string, values: unknown[] = []): Promise<Row[]> =>
    withClient({ ...direct, types: asText }, async (client) => (await client.query<Row>(sql, values)).rows);
  const stock = async (): Promise<number> =>
    Number((await truth('SELECT stock FROM products WHERE id = $1', [product]))[0]?.stock);

  await withClient({ connectionString: url, application_name: 'postern demo', types: asText }, async (agent) => {
    const run = async (sql: string, values: unknown[] = []): Promise<pg.QueryResult<Row>> => {
      printer.agent(values.length === 0 ? sql : `${sql}   [${values.join(', ')}]`);
      return agent.query<Row>(sql, values);
    };

    printer.heading('1. Reading: personal data is masked on its way out');
    const customers = await run(readCustomers);
    printer.rows(customers.rows);
    checkMasked(facts, 'e-mail, phone, national id and birth date', await truth(readCustomers), customers.rows, [
      'email',
      'phone',
      'national_id',
      'birth_date',
    ]);
    checkSame(facts, 'name and city are as they are', await truth(readCustomers), customers.rows, [
      'id',
      'name',
      'city',
    ]);
    const cards = await run(readCards);
    printer.rows(cards.rows);
    checkMasked(facts, 'card numbers and their holders', await truth(readCards), cards.rows, [
      'card_number',
      'card_holder',
    ]);
    const tricks = await run(disguised);
    printer.rows(tricks.rows);
    checkMasked(facts, 'the same values in disguise (an expression)', await truth(disguised), tricks.rows, [
      'reversed',
      'prefixed',
    ]);

    printer.heading('2. Writing one row in production: the statement waits for the operator');
    const before = await stock();
    await run('BEGIN');
    const update = await run(updateStock, [product]);
    printer.answer(`UPDATE ${update.rowCount}`);
    const commit = await run('COMMIT');
    printer.answer(commit.command);
    facts.check(
      'the approved UPDATE changed exactly one row, and it is committed',
      update.rowCount === 1 && commit.command === 'COMMIT' && (await stock()) === before - 1,
      await stock(),
    );

    printer.heading('3. Dropping a table: refused, and nothing around it can be committed');
    await run('BEGIN');
    printer.answer(`UPDATE ${(await run(updateStock, [product])).rowCount}`);
    const refusal = await run(dropPayments).then(
      () => null,
      (error: unknown) => (error instanceof pg.DatabaseError ? error : Promise.reject(error)),
    );
    printer.answer(refusal === null ? 'DROP TABLE' : refusalText(refusal));
    facts.check(
      'the DROP was refused by Postern with SQLSTATE 42501',
      refusal?.code === '42501' && /rule/i.test(refusal.detail ?? ''),
      refusal?.detail ?? 'it was not refused',
    );
    const end = await run('COMMIT');
    printer.answer(`${end.command}   (the server’s answer to COMMIT in a failed transaction)`);
    facts.check(
      'the transaction with the refused statement was rolled back as a whole',
      end.command === 'ROLLBACK' && (await stock()) === before - 1,
      `${end.command}, stock ${await stock()}`,
    );
    const left = await truth('SELECT count(*)::integer AS payments FROM payments');
    facts.check('the payments are all still there', Number(left[0]?.payments) > 2000, left);
  });
}

/** Every value of the columns differs from the true one, and no true value occurs anywhere in what the agent got. */
function checkMasked(
  facts: Facts,
  what: string,
  truth: readonly Row[],
  got: readonly Row[],
  columns: readonly string[],
): void {
  const everything = JSON.stringify(got);
  const leaked = truth.flatMap((row, index) =>
    columns.filter((column) => {
      const value = row[column];
      return value !== null && (got[index]?.[column] === value || everything.includes(String(value)));
    }),
  );
  facts.check(
    `${what} are masked`,
    got.length === truth.length && got.length > 0 && leaked.length === 0,
    leaked.length === 0 ? `${got.length} rows` : `readable: ${[...new Set(leaked)].join(', ')}`,
  );
}

function checkSame(
  facts: Facts,
  what: string,
  truth: readonly Row[],
  got: readonly Row[],
  columns: readonly string[],
): void {
  const pick = (rows: readonly Row[]): string =>
    JSON.stringify(rows.map((row) => columns.map((column) => row[column])));
  facts.check(what, pick(truth) === pick(got), pick(got));
}

function refusalText({ severity, code, message, detail, hint }: pg.DatabaseError): string {
  return [
    `${severity ?? 'ERROR'} ${code ?? ''}: ${message}`,
    detail === undefined ? '' : `DETAIL:  ${detail}`,
    hint === undefined ? '' : `HINT:  ${hint}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
