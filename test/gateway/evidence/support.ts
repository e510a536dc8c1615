import type { SessionDetail } from '../../../src/contract/index.ts';
import { SessionProjection } from '../../../src/gateway/journal/projection.ts';
import type { JournalRecord, RecordBody } from '../../../src/gateway/journal/records.ts';
import { outcome, sessionEnd, sessionStart, startTime, statement } from '../journal/support.ts';

export const email = { name: 'email', masker: 'email', rule: 'public.customers.email' };

/** Milliseconds from the start, and what was recorded then. */
export type Moment = readonly [number, RecordBody];

export function recordsOf(moments: readonly Moment[]): JournalRecord[] {
  return moments.map(([at, body], index) => ({ seq: index + 2, time: startTime + at, body }));
}

export function detailOf(records: readonly JournalRecord[], live = false): SessionDetail {
  const projection = new SessionProjection('s-1');
  for (const record of records) projection.apply(record);
  return projection.detail(live);
}

const customers: readonly Moment[] = [
  [
    1200,
    statement(1, {
      text: 'SELECT id, email, city\n  FROM customers\n WHERE city = $1 -- near us',
      parameters: [{ text: 'Köln', format: 'text', truncated: false }],
    }),
  ],
  [
    1203,
    {
      type: 'result',
      statement: 1,
      columns: [
        { name: 'id', typeOid: 23, format: 'text' },
        { name: 'email', typeOid: 25, format: 'text' },
        { name: 'city', typeOid: 25, format: 'text' },
      ],
      maskedColumns: [email],
    },
  ],
  [
    1204,
    {
      type: 'rows',
      statement: 1,
      rows: [
        ['7', 'a***@example.com', 'Köln'],
        ['112', 'b***@example.com', null],
      ],
    },
  ],
  [1206, outcome(1, { rows: 2, tags: ['SELECT 2'], maskedColumns: [email] })],
];

const update: readonly Moment[] = [
  [
    4000,
    statement(2, {
      text: "UPDATE orders SET state = 'shipped' WHERE id = 41",
      verdict: 'ask',
      effects: {
        kinds: ['update'],
        reads: ['public.orders'],
        writes: ['public.orders'],
        functions: [],
        understood: true,
      },
      rule: {
        id: 'write-production',
        title: 'Writes on production need approval',
        reason: 'It changes public.orders on production.',
        hint: null,
      },
    }),
  ],
  [4001, { type: 'hold', statement: 2, approvalId: 'a-1', deadlineAt: startTime + 124_001 }],
  [
    16_301,
    {
      type: 'decision',
      statement: 2,
      decision: {
        approvalId: 'a-1',
        state: 'approved',
        by: 'maria',
        via: 'desk',
        reason: 'order 41 left this morning',
        at: startTime + 16_301,
      },
    },
  ],
  [16_310, outcome(2, { rows: 1, tags: ['UPDATE 1'], waitedMs: 12_300, durationMs: 6 }, 0)],
];

const drop: readonly Moment[] = [
  [
    18_000,
    statement(3, {
      protocol: 'simple',
      text: 'DROP TABLE payments',
      verdict: 'block',
      effects: { kinds: ['ddl'], reads: [], writes: ['public.payments'], functions: [], understood: true },
      rule: {
        id: 'ddl',
        title: 'No DDL on production',
        reason: 'DROP TABLE changes the structure of public.payments.',
        hint: 'Write a migration and let a person run it.',
      },
    }),
  ],
  [
    18_001,
    outcome(3, { status: 'refused', rows: 0, tags: [], sqlstate: '42501', message: 'permission denied by Postern' }, 0),
  ],
];

const failure: readonly Moment[] = [
  [
    20_000,
    statement(4, {
      text: 'SELECT 1/0',
      effects: { kinds: ['read'], reads: [], writes: [], functions: [], understood: true },
    }),
  ],
  [
    20_001,
    { type: 'notice', statement: 4, severity: 'NOTICE', sqlstate: '00000', message: 'a notice with \u001b[31mcolour' },
  ],
  [20_002, outcome(4, { status: 'error', rows: 0, tags: [], sqlstate: '22012', message: 'division by zero' }, 0)],
];

/** A session with a masked read, an approved update, a refused DROP and an error. */
export const shopSession: readonly JournalRecord[] = recordsOf([
  [0, sessionStart()],
  ...customers,
  ...update,
  ...drop,
  ...failure,
  [21_000, sessionEnd],
]);
