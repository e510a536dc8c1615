import { frontend } from '../../../src/gateway/wire/constants.ts';
import { bind, describe, execute, flush, parse, query, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';

/** What becomes of the statement that is held: it ran, it was refused with this SQLSTATE, or the session is over. */
export type Fate =
  | { readonly ran: true }
  | { readonly ran: false; readonly sqlstate: string; readonly outcome: 'refused' | 'cancelled' };

/** What the client hears and the journal keeps of what was sent. */
export interface Answer {
  /** As `told` puts it. */
  readonly heard: readonly string[];
  /** Outcomes of the statements, in the order they came. */
  readonly outcomes: readonly string[];
}

/** One way to send a statement that is held. `id` is the row it touches; each cell of the matrix has its own. */
export interface Shape {
  readonly name: string;
  readonly where: readonly ('alone' | 'in a transaction')[];
  /** Sent before anything else, outside the transaction; one ReadyForQuery each. What it holds is approved. */
  readonly before?: readonly Buffer[] | ((id: number) => readonly Buffer[]);
  /** The same, inside the transaction where there is one. */
  readonly within?: (id: number) => readonly Buffer[];
  readonly send: (id: number) => readonly Buffer[];
  /** Heard, and recorded as done, while the statement is held. */
  readonly early?: (inTransaction: boolean) => Answer;
  readonly answer: (fate: Fate, inTransaction: boolean) => Answer;
  /** Recorded statements besides the held one when the session ends during the hold: those behind it are not looked at. */
  readonly unsent: readonly string[];
  /** Times the row is touched once it ran, where that is not 1. */
  readonly touches?: (inTransaction: boolean) => number;
}

export const touch = 'UPDATE cell SET touched = touched + 1 WHERE id = $1';
const literal = (id: number): string => touch.replace('$1', String(id));
/** Parse, Bind and Execute of an unnamed statement. */
export const run = (text: string, ...values: string[]): Buffer[] => [
  parse('', text),
  bind('', '', values),
  execute(''),
];
const one = (value: number): string[] => ['1', '2', `D ${value}`, 'C SELECT 1'];
const copyFrames = (line: string): Buffer[] => [
  new MessageBuilder(frontend.copyData).bytes(Buffer.from(line)).build(),
  new MessageBuilder(frontend.copyDone).build(),
];

/** The status that ReadyForQuery has: of a failed statement it is I outside and E inside a transaction. */
const ready = (ok: boolean, inTransaction: boolean): string => `Z ${inTransaction ? (ok ? 'T' : 'E') : 'I'}`;

/** A statement alone in its Query or segment. */
const alone =
  (...heard: readonly string[]): Shape['answer'] =>
  (fate, inTransaction) =>
    fate.ran
      ? { heard: [...heard, ready(true, inTransaction)], outcomes: ['ok'] }
      : { heard: [`E ${fate.sqlstate}`, ready(false, inTransaction)], outcomes: [fate.outcome] };

/** A statement among others under one Sync. */
const among =
  (before: readonly string[], heard: readonly string[], after: readonly string[], count: readonly [number, number]) =>
  (fate: Fate, inTransaction: boolean): Answer => {
    const [earlier, later] = count;
    const end = ready(fate.ran, inTransaction);
    return fate.ran
      ? { heard: [...before, ...heard, ...after, end], outcomes: Array(earlier + 1 + later).fill('ok') }
      : {
          heard: [...before, `E ${fate.sqlstate}`, end],
          outcomes: [...Array(earlier).fill('ok'), fate.outcome, ...Array(later).fill('skipped')],
        };
  };

const both = ['alone', 'in a transaction'] as const;
const inside = ['in a transaction'] as const;
const updated = ['1', '2', 'C UPDATE 1'];

export const shapes: readonly Shape[] = [
  { name: 'Query', where: both, send: (id) => [query(literal(id))], answer: alone('C UPDATE 1'), unsent: ['held'] },
  {
    name: 'Query of three statements',
    where: both,
    send: (id) => [query(`SELECT 1; ${literal(id)}; SELECT 3`)],
    answer: alone('T ?column?', 'D 1', 'C SELECT 1', 'C UPDATE 1', 'T ?column?', 'D 3', 'C SELECT 1'),
    unsent: ['held'],
  },
  {
    name: 'Query with others behind it',
    where: both,
    send: (id) => [query(literal(id)), query('SELECT 3')],
    answer: (fate, inTransaction) => {
      const failed = inTransaction && !fate.ran;
      const first = alone('C UPDATE 1')(fate, inTransaction);
      return {
        heard: [
          ...first.heard,
          ...(failed ? ['E 25P02', 'Z E'] : ['T ?column?', 'D 3', 'C SELECT 1', ready(true, inTransaction)]),
        ],
        outcomes: [...first.outcomes, failed ? 'error' : 'ok'],
      };
    },
    unsent: ['held'],
  },
  {
    name: 'unnamed statement',
    where: both,
    send: (id) => [...run(touch, String(id)), sync()],
    answer: alone(...updated),
    unsent: ['held'],
  },
  {
    name: 'unnamed statement, described twice',
    where: both,
    send: (id) => [
      parse('', touch),
      describe('S', ''),
      bind('', '', [String(id)]),
      describe('P', ''),
      execute(''),
      sync(),
    ],
    answer: alone('1', 't', 'n', '2', 'n', 'C UPDATE 1'),
    unsent: ['held'],
  },
  {
    name: 'unnamed statement, Flush before Sync',
    where: both,
    send: (id) => [...run(touch, String(id)), flush(), sync()],
    answer: alone(...updated),
    unsent: ['held'],
  },
  {
    name: 'named statement in one segment',
    where: both,
    send: (id) => [parse('s', touch), bind('p', 's', [String(id)]), execute('p'), sync()],
    answer: alone(...updated),
    unsent: ['held'],
  },
  {
    name: 'named statement of an earlier segment',
    where: both,
    before: [parse('s', touch), sync()],
    send: (id) => [bind('', 's', [String(id)]), execute(''), sync()],
    answer: alone('2', 'C UPDATE 1'),
    unsent: ['held'],
  },
  {
    name: 'first of a segment',
    where: both,
    send: (id) => [...run(touch, String(id)), ...run('SELECT 2'), ...run('SELECT 3'), sync()],
    answer: among([], updated, [...one(2), ...one(3)], [0, 2]),
    unsent: ['held', 'skipped', 'skipped'],
  },
  {
    name: 'middle of a segment',
    where: both,
    send: (id) => [...run('SELECT 1'), ...run(touch, String(id)), ...run('SELECT 3'), sync()],
    answer: among(one(1), updated, one(3), [1, 1]),
    unsent: ['skipped', 'held', 'skipped'],
  },
  {
    name: 'last of a segment',
    where: both,
    send: (id) => [...run('SELECT 1'), ...run('SELECT 2'), ...run(touch, String(id)), sync()],
    answer: among([...one(1), ...one(2)], updated, [], [2, 0]),
    unsent: ['skipped', 'skipped', 'held'],
  },
  {
    name: 'second of three segments written at once',
    where: both,
    send: (id) => [...run('SELECT 1'), sync(), ...run(touch, String(id)), sync(), ...run('SELECT 3'), sync()],
    early: (inTransaction) => ({ heard: [...one(1), ready(true, inTransaction)], outcomes: ['ok'] }),
    answer: (fate, inTransaction) => {
      const failed = inTransaction && !fate.ran;
      const held = alone(...updated)(fate, inTransaction);
      return {
        heard: [...held.heard, ...(failed ? ['E 25P02', 'Z E'] : [...one(3), ready(true, inTransaction)])],
        outcomes: [...held.outcomes, failed ? 'skipped' : 'ok'],
      };
    },
    unsent: ['held'],
  },
  {
    name: 'portal executed with a row limit',
    where: both,
    send: (id) => [
      parse('', 'UPDATE cell SET touched = touched + 1 WHERE id IN ($1, $1 + 100000) RETURNING touched'),
      bind('p', '', [String(id)]),
      execute('p', 1),
      execute('p', 1),
      execute('p', 1),
      sync(),
    ],
    answer: alone('1', '2', 'D 1', 's', 'D 1', 's', 'C UPDATE 0'),
    unsent: ['held'],
    touches: () => 2,
  },
  {
    name: 'EXECUTE of a prepared statement',
    where: both,
    before: [query(`PREPARE s(int) AS ${touch}`)],
    send: (id) => [query(`EXECUTE s(${id})`)],
    answer: alone('C UPDATE 1'),
    unsent: ['held'],
  },
  {
    name: 'EXECUTE in the extended protocol',
    where: both,
    before: [query(`PREPARE s(int) AS ${touch}`)],
    send: (id) => [...run(`EXECUTE s(${id})`), sync()],
    answer: alone(...updated),
    unsent: ['held'],
  },
  {
    name: 'Bind of what PREPARE named',
    where: both,
    before: [query(`PREPARE s(int) AS ${touch}`)],
    send: (id) => [bind('', 's', [String(id)]), execute(''), sync()],
    answer: alone('2', 'C UPDATE 1'),
    unsent: ['held'],
  },
  {
    name: 'DECLARE of a cursor',
    where: inside,
    send: (id) => [query(`DECLARE c CURSOR FOR SELECT touch(${id})`)],
    answer: alone('C DECLARE CURSOR'),
    unsent: ['held'],
    touches: () => 0,
  },
  {
    name: 'DECLARE of a cursor that outlives its transaction',
    where: both,
    send: (id) => [query(`DECLARE c CURSOR WITH HOLD FOR SELECT touch(${id})`)],
    answer: alone('C DECLARE CURSOR'),
    unsent: ['held'],
  },
  {
    name: 'FETCH',
    where: inside,
    within: (id) => [query(`DECLARE c CURSOR FOR SELECT touch(${id})`)],
    send: () => [query('FETCH c')],
    answer: alone('T touch', 'D 1', 'C FETCH 1'),
    unsent: ['held'],
  },
  {
    name: 'Execute of a declared cursor',
    where: inside,
    within: (id) => [query(`DECLARE c CURSOR FOR SELECT touch(${id})`)],
    send: () => [execute('c'), sync()],
    answer: alone('D 1', 'C SELECT 1'),
    unsent: ['held'],
  },
  {
    name: 'COPY FROM STDIN in a Query',
    where: both,
    send: (id) => [query('COPY cell FROM STDIN'), ...copyFrames(`${id + 200_000}\t1\n`)],
    answer: alone('G', 'C COPY 1'),
    unsent: ['held'],
  },
  {
    name: 'COPY FROM STDIN in the extended protocol',
    where: both,
    send: (id) => [...run('COPY cell FROM STDIN'), sync(), ...copyFrames(`${id + 200_000}\t1\n`), sync()],
    answer: (fate, inTransaction) => {
      const { heard, outcomes } = alone('1', '2', 'G', 'C COPY 1')(fate, inTransaction);
      // Outside of a copy the data means nothing and the Sync behind it is one more.
      return { heard: fate.ran ? heard : [...heard, ready(false, inTransaction)], outcomes };
    },
    unsent: ['held'],
  },
  {
    name: 'COPY TO STDOUT',
    where: both,
    send: (id) => [query(`COPY (SELECT touch(${id})) TO STDOUT`)],
    answer: alone('H', 'd', 'c', 'C COPY 1'),
    unsent: ['held'],
  },
];
