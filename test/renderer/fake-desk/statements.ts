import type { Outcome, StatementEntry } from '../../../src/contract/index.ts';
import { statementFindings } from './findings.ts';

const kindsOf = (text: string): StatementEntry['effects']['kinds'] => {
  const word = text.trim().split(/\s+/)[0]?.toLowerCase();
  if (word === 'select' || word === 'with') return ['read'];
  if (word === 'update' || word === 'delete' || word === 'insert' || word === 'truncate') return [word];
  if (word === 'begin' || word === 'commit' || word === 'rollback') return ['transaction'];
  return ['ddl'];
};

export const okOutcome = (rows: number, durationMs: number, masked: string[] = []): Outcome => ({
  status: 'ok',
  tags: [`SELECT ${rows}`],
  sqlstate: null,
  message: null,
  rows,
  durationMs,
  waitedMs: 0,
  maskedColumns: masked.map((name) => ({
    name,
    masker: name === 'email' ? 'email' : 'full',
    rule: `mask-customers-${name}`,
  })),
  ...(masked.length > 0 && { findings: [...statementFindings] }),
});

/** A statement that was allowed and went well, unless said otherwise. */
export function statement(
  seq: number,
  at: number,
  text: string,
  overrides: Partial<StatementEntry> = {},
): StatementEntry {
  const kinds = kindsOf(text);
  const reads = [...text.matchAll(/(?:from|join)\s+([a-z_]+)/gi)].map((match) => `public.${match[1]}`);
  const writes = [...text.matchAll(/(?:update|into|truncate|table)\s+([a-z_]+)/gi)].map(
    (match) => `public.${match[1]}`,
  );
  return {
    seq,
    at,
    protocol: 'extended',
    text,
    parameters: [],
    effects: { kinds, reads, writes, functions: [], understood: true },
    verdict: 'allow',
    rule: { id: 'read-allowed', title: 'Reading is allowed', reason: 'The statement only reads.', hint: null },
    decision: null,
    outcome: okOutcome(12, 3.4),
    ...overrides,
  };
}

/** A believable session: reads, masked reads, a held and approved update, a denied delete, a blocked drop, an error. */
export function workingDay(start: number): StatementEntry[] {
  const ask = {
    id: 'write-asks',
    title: 'Writing to production asks',
    reason: 'The statement changes rows in a production database.',
    hint: 'Wait for the operator.',
  };
  const refused: Outcome = {
    ...okOutcome(0, 0.2),
    status: 'refused',
    tags: [],
    sqlstate: '42501',
    message: 'postern: refused by the operator',
  };
  return [
    statement(1, start + 800, "select table_name from information_schema.tables where table_schema = 'public'", {
      outcome: okOutcome(9, 6.1),
    }),
    statement(
      2,
      start + 4200,
      'select id, name, email, phone from customers where country = $1 order by created_at desc limit 20',
      {
        parameters: [{ text: 'NL', format: 'text', truncated: false }],
        outcome: okOutcome(20, 4.8, ['email', 'phone']),
      },
    ),
    statement(3, start + 9100, 'select count(*), status from orders group by status', { outcome: okOutcome(5, 11.9) }),
    statement(
      4,
      start + 15_000,
      "update orders set status = 'shipped', shipped_at = now()\nwhere id = $1 and status = 'packed'",
      {
        parameters: [{ text: '48213', format: 'text', truncated: false }],
        verdict: 'ask',
        rule: ask,
        decision: {
          approvalId: 'a-past-1',
          state: 'approved',
          by: 'operator',
          via: 'desk',
          reason: null,
          at: start + 31_000,
        },
        outcome: { ...okOutcome(1, 2.1), tags: ['UPDATE 1'], waitedMs: 16_000 },
      },
    ),
    statement(5, start + 34_000, 'select card_number, amount, paid_at from payments where order_id = 48213', {
      outcome: okOutcome(1, 1.4, ['card_number']),
    }),
    statement(6, start + 47_000, "delete from customers where last_seen_at < now() - interval '2 years'", {
      verdict: 'ask',
      rule: ask,
      decision: {
        approvalId: 'a-past-2',
        state: 'denied',
        by: 'operator',
        via: 'desk',
        reason: 'Retention is handled by the nightly job',
        at: start + 58_000,
      },
      outcome: { ...refused, waitedMs: 11_000 },
    }),
    statement(7, start + 63_000, 'drop table order_archive', {
      verdict: 'block',
      rule: {
        id: 'ddl-blocked',
        title: 'Schema changes are blocked',
        reason: 'The statement changes the schema of a production database.',
        hint: 'Write a migration instead.',
      },
      outcome: refused,
    }),
    statement(8, start + 70_500, 'select custmer_id from orders limit 5', {
      outcome: {
        ...okOutcome(0, 0.9),
        status: 'error',
        tags: [],
        sqlstate: '42703',
        message: 'column "custmer_id" does not exist',
      },
    }),
    statement(
      9,
      start + 74_000,
      'select customer_id, sum(total) from orders group by customer_id order by 2 desc limit 5',
      {
        outcome: okOutcome(5, 38.2),
      },
    ),
  ];
}
