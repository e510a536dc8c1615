import type { ApprovalRequest, DecideInput, Retry, SequenceAnswer } from '../../../src/contract/index.ts';

/** A digest that can be told apart from others and is the same in every run. */
export const digestOf = (id: string): string =>
  [...id]
    .reduce((sum, character) => `${sum}${character.charCodeAt(0).toString(16)}`, '')
    .padEnd(64, '0')
    .slice(0, 64);

/** A request that waits: an UPDATE of one customer in production, unless said otherwise. */
export function request(id: string, now: number, overrides: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    id,
    state: 'pending',
    createdAt: now - 28_000,
    deadlineAt: now + 272_000,
    deadlineCause: null,
    locks: null,
    impact: null,
    sequence: null,
    decidedAt: null,
    decidedBy: null,
    reason: null,
    sessionId: 's-live-1',
    statementSeq: 10,
    agent: 'claude-code',
    subject: 'agent:claude-code',
    applicationName: 'psycopg 3.2',
    clientAddress: '127.0.0.1:53122',
    connection: 'shop',
    environment: 'production',
    database: 'shop',
    role: 'shop_app',
    transaction: 'open',
    text: "UPDATE customers\n   SET email = $1,\n       updated_at = now()\n WHERE id = $2\n   AND country = 'NL'\nRETURNING id, email;",
    parameters: [
      { text: 'maartje.dejong@example.nl', format: 'text', truncated: false },
      { text: '20417', format: 'text', truncated: false },
    ],
    effects: {
      kinds: ['update', 'read'],
      reads: ['public.customers'],
      writes: ['public.customers'],
      functions: ['pg_catalog.now'],
      understood: true,
    },
    rule: {
      id: 'production-write-asks',
      title: 'Writing to production asks',
      reason: 'The statement changes rows of public.customers, which holds personal data.',
      hint: 'Wait for the operator, or read from a replica.',
    },
    digest: digestOf(id),
    attempt: 1,
    replaces: null,
    retry: null,
    ...overrides,
  };
}

export function pendingRequests(now: number): ApprovalRequest[] {
  return [
    request('a-1', now, {
      deadlineCause: { setting: 'idle_in_transaction_session_timeout', valueMs: 300_000 },
      locks: {
        held: [
          { on: 'relation', name: 'public.customers', mode: 'RowExclusiveLock' },
          { on: 'relation', name: 'public.orders\u202e', mode: 'RowShareLock' },
          { on: 'advisory', name: '8817', mode: 'ExclusiveLock' },
        ],
        moreHeld: 0,
        blocked: [
          {
            processId: 40_211,
            role: 'migrator',
            application: 'flyway\u2066',
            waitingSince: now - 12_000,
            query: 'ALTER TABLE customers ADD COLUMN vat_number text -- \u202egnp',
          },
          { processId: 40_377, role: 'shop_app', application: '', waitingSince: null, query: null },
        ],
        moreBlocked: 3,
        known: true,
      },
    }),
    request('a-2', now, {
      createdAt: now - 9000,
      deadlineAt: now + 291_000,
      agent: 'nightly-report',
      subject: 'agent:nightly-report',
      sessionId: 's-live-2',
      statementSeq: 3,
      transaction: 'idle',
      environment: 'staging',
      connection: 'shop-staging',
      text: "DELETE FROM order_archive\u202e WHERE created_at < now() - interval '1 year' -- \u2066nothing to see\u2069",
      parameters: [],
      effects: {
        kinds: ['delete'],
        reads: ['public.order_archive'],
        writes: ['public.order_archive'],
        functions: [],
        understood: true,
      },
      rule: {
        id: 'delete-without-key-asks',
        title: 'Deleting without a key asks',
        reason: 'The WHERE clause does not name rows by a unique key, so it may delete many.',
        hint: null,
      },
    }),
  ];
}

export function decidedRequests(now: number): ApprovalRequest[] {
  return [
    request('a-past-1', now, {
      state: 'approved',
      createdAt: now - 340_000,
      decidedAt: now - 320_000,
      decidedBy: 'operator',
      text: "update orders set status = 'shipped' where id = $1",
      parameters: [{ text: '48213', format: 'text', truncated: false }],
      effects: {
        kinds: ['update'],
        reads: ['public.orders'],
        writes: ['public.orders'],
        functions: [],
        understood: true,
      },
    }),
    request('a-past-2', now, {
      state: 'denied',
      createdAt: now - 900_000,
      decidedAt: now - 880_000,
      decidedBy: 'operator',
      reason: 'Retention is handled by the nightly job',
      text: "delete from customers where last_seen_at < now() - interval '2 years'",
      parameters: [],
      effects: {
        kinds: ['delete'],
        reads: ['public.customers'],
        writes: ['public.customers'],
        functions: [],
        understood: true,
      },
    }),
    request('a-past-3', now, {
      state: 'expired',
      createdAt: now - 5_200_000,
      decidedAt: now - 4_900_000,
      text: 'truncate table carts',
      parameters: [],
      effects: { kinds: ['truncate'], reads: [], writes: ['public.carts'], functions: [], understood: true },
    }),
  ];
}

/** The second life of a request whose agent gave up a minute ago. */
export function retryOf(now: number, overrides: Partial<Retry> = {}): Retry {
  return {
    state: 'offered',
    until: now + 540_000,
    decidedAt: null,
    decidedBy: null,
    reason: null,
    endedAt: null,
    usedBy: null,
    ...overrides,
  };
}

/** One given up and still to be decided, one with a ticket. */
export function givenUpRequests(now: number): ApprovalRequest[] {
  const givenUp = {
    state: 'withdrawn',
    decidedAt: now - 60_000,
    reason: 'the client disconnected while the statement waited',
    transaction: 'idle',
  } as const;
  return [
    request('a-up-1', now, { ...givenUp, createdAt: now - 120_000, attempt: 2, retry: retryOf(now) }),
    request('a-up-2', now, {
      ...givenUp,
      state: 'cancelled',
      createdAt: now - 110_000,
      reason: 'the client cancelled the statement',
      retry: retryOf(now, { state: 'ticket', decidedAt: now - 30_000, decidedBy: 'operator', until: now + 570_000 }),
      text: "update orders set status = 'paid' where id = $1",
      parameters: [{ text: '48214', format: 'text', truncated: false }],
    }),
  ];
}

/** What becomes of a sequence that is decided as a whole. */
export const sequenceAnswer = (action: DecideInput['action'], now: number): SequenceAnswer => ({
  state: action === 'approve' ? 'approved' : 'denied',
  statements: 0,
  until: now + 30 * 60_000,
  idleUntil: now + 2 * 60_000,
  endedAt: null,
  reason: null,
});

/** A reset of production that waits, and a migration that was approved as a whole and goes on. */
export function sequenceRequests(now: number): ApprovalRequest[] {
  const names = [
    'orders',
    'order_items',
    'customers',
    'invoices',
    'payments',
    'carts',
    'sessions',
    'events',
    '_prisma_migrations',
  ];
  const tables = names.map((name, index) => ({
    name: `public.${name}`,
    rows: index === 7 ? null : Math.round(1_204_311 / (index * index + 1)),
    bytes: Math.round(212_000_000 / (index * index + 1)),
  }));
  const whole = { tables, moreTables: 53, rows: 2_317_840, bytes: 1_412_000_000 };
  const drops: Partial<ApprovalRequest> = {
    transaction: 'idle',
    parameters: [],
    effects: { kinds: ['ddl'], reads: [], writes: tables.map(({ name }) => name), functions: [], understood: true },
    rule: {
      id: 'ddl',
      title: 'Changes the schema',
      reason: 'DROP SCHEMA on orders, order_items, customers, invoices, payments and 57 more changes the schema.',
      hint: null,
    },
  };
  return [
    request('a-seq-1', now, {
      ...drops,
      createdAt: now - 2000,
      text: 'DROP SCHEMA "public" CASCADE;\nCREATE SCHEMA "public";',
      impact: whole,
      sequence: {
        kind: 'reset',
        recognised: true,
        evidence: 'its text holds 2 statements, it takes 62 relations at once',
        tool: 'Prisma',
        schemas: ['public'],
        before: [],
        behind: [
          'CREATE TABLE "User" ("id" SERIAL NOT NULL)',
          'CREATE UNIQUE INDEX "User_email_key" ON "User"("email")',
        ],
        moreBehind: 12,
        impact: whole,
        answer: null,
      },
    }),
    request('a-seq-2', now, {
      ...drops,
      environment: 'staging',
      state: 'approved',
      decidedAt: now - 20_000,
      decidedBy: 'operator',
      text: 'CREATE TABLE invoice_lines (id bigint PRIMARY KEY)',
      effects: { kinds: ['ddl'], reads: [], writes: ['invoice_lines'], functions: [], understood: true },
      sequence: {
        kind: 'migration',
        recognised: true,
        evidence: '1 statement of the kind came just before',
        tool: null,
        schemas: ['public'],
        before: ['CREATE TABLE invoices (id bigint PRIMARY KEY)'],
        behind: [],
        moreBehind: 0,
        impact: null,
        answer: { ...sequenceAnswer('approve', now), statements: 14 },
      },
    }),
  ];
}
