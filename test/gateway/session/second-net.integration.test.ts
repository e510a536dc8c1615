import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionConfig, Finding, MaskRule } from '../../../src/contract/index.ts';
import * as encode from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
const gates: TestGate[] = [];

beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE tickets (id int PRIMARY KEY, note text, payload jsonb, lines text[], amount bigint, kept text);
    INSERT INTO tickets VALUES
      (1, 'nothing here', '{"a": 1}', '{}', 12, 'jane@acme-corp.io'),
      (2, 'call +31 6 1234 5678', '{"mail": "sam@acme-corp.io"}', '{x,"card 4539 1488 0343 6467"}', 4539148803436467, 'x');
    CREATE TABLE many (id int PRIMARY KEY, note text);
    INSERT INTO many SELECT n, CASE WHEN n = 1500 THEN 'late@acme-corp.io' ELSE 'row ' || n END FROM generate_series(1, 2000) n;
    CREATE VIEW open_tickets AS SELECT id, note FROM tickets;
    CREATE TABLE mailing (id int PRIMARY KEY, address text);
    INSERT INTO mailing VALUES (1, 'kim@acme-corp.io')`);
});
afterAll(async () => {
  for (const gate of gates) await gate.stop();
  await database.drop();
});

async function open(
  detectors: ConnectionConfig['detectors'] | undefined,
  more: { policy?: ConnectionConfig['policy']; maskRules?: readonly MaskRule[]; deadlineMs?: number } = {},
): Promise<TestGate> {
  const gate = await startGate({ database: database.name, ...more, ...(detectors && { detectors }) });
  gates.push(gate);
  return gate;
}

/** The findings once there are as many, in a fixed order and without moments. */
async function findings(gate: TestGate, count: number): Promise<Omit<Finding, 'firstSeenAt' | 'lastSeenAt'>[]> {
  const found = await until(() => {
    const all = gate.gateway.findings.of('shop');
    return all.length >= count ? all : null;
  });
  return found
    .map(({ firstSeenAt: _first, lastSeenAt: _last, ...rest }) => rest)
    .sort((one, other) => `${one.place}${one.detector}`.localeCompare(`${other.place}${other.detector}`));
}

const note: Omit<Finding, 'firstSeenAt' | 'lastSeenAt'> = {
  column: { schema: 'public', table: 'tickets', column: 'note' },
  place: 'public.tickets.note',
  detector: 'phone',
  kind: 'phone',
  values: 1,
  looked: 2,
  examples: ['+99 9 9999 9999'],
  dismissed: false,
};

describe('report, which is the default', () => {
  test.each(['production', 'observe'] as const)(
    'under %s, values leave as they are and are noted by column',
    async (policy) => {
      const gate = await open(undefined, { policy });
      const client = await gate.connect();
      const { rows } = await client.query('SELECT note, payload, lines FROM tickets ORDER BY id');
      expect(rows[1]).toEqual({
        note: 'call +31 6 1234 5678',
        payload: { mail: 'sam@acme-corp.io' },
        lines: ['x', 'card 4539 1488 0343 6467'],
      });
      expect(await findings(gate, 3)).toEqual([
        {
          ...note,
          column: { ...note.column, column: 'lines' },
          place: 'public.tickets.lines',
          detector: 'payment_card',
          kind: 'payment_card',
          examples: ['9999 9999 9999 9999'],
        },
        note,
        {
          ...note,
          column: { ...note.column, column: 'payload' },
          place: 'public.tickets.payload',
          detector: 'email',
          kind: 'email',
          examples: ['aaa@aaaa-aaaa.aa'],
        },
      ]);
    },
  );

  test('the record of the statement says what was recognised, in counts', async () => {
    const gate = await open(undefined);
    const client = await gate.connect();
    await client.query('SELECT note AS n FROM tickets');
    await client.end();
    const outcome = (await gate.journal()).find(({ body }) => body.type === 'outcome')?.body;
    expect(outcome).toMatchObject({
      outcome: { findings: [{ column: 'n', detector: 'phone', values: 1, masked: false }] },
    });
  });

  test('what the agent wrote into the statement itself is no finding, what an expression made of a column is', async () => {
    const gate = await open(undefined);
    const client = await gate.connect();
    await client.query("SELECT 'me@acme-corp.io' AS mine, lower(kept) AS hidden FROM tickets");
    expect(await findings(gate, 1)).toEqual([
      {
        ...note,
        column: null,
        place: 'expression "hidden"',
        detector: 'email',
        kind: 'email',
        examples: ['aaaa@aaaa-aaaa.aa'],
      },
    ]);
  });

  test('a column with a mask rule is left to it', async () => {
    const rule = { id: 'note', schema: 'public', table: 'tickets', column: 'note', masker: { kind: 'full' } } as const;
    const gate = await open(undefined, { maskRules: [rule] });
    const client = await gate.connect();
    await client.query('SELECT note, kept FROM tickets');
    expect((await findings(gate, 1)).map(({ place }) => place)).toEqual(['public.tickets.kept']);
  });

  test('COPY and errors are looked at, too', async () => {
    const gate = await open(undefined, { policy: 'observe' });
    const client = await gate.connect();
    await client.query('COPY (SELECT kept FROM tickets) TO STDOUT').catch(() => undefined);
    const other = await gate.connect();
    await expect(other.query('SELECT kept::int FROM tickets')).rejects.toMatchObject({ code: '22P02' });
    expect((await findings(gate, 2)).map(({ place, detector, column }) => ({ place, detector, column }))).toEqual([
      { place: 'COPY', detector: 'email', column: null },
      { place: 'error message', detector: 'email', column: null },
    ]);
  });

  test('numbers count only where most of a column are cards', async () => {
    const gate = await open(undefined);
    const client = await gate.connect();
    await client.query('SELECT amount, note FROM tickets');
    expect((await findings(gate, 1)).map(({ place }) => place)).toEqual(['public.tickets.note']);
  });

  test('off looks at nothing', async () => {
    const gate = await open({ action: 'off', overrides: {} });
    const client = await gate.connect();
    await client.query('SELECT * FROM tickets');
    await client.end();
    expect((await gate.journal()).find(({ body }) => body.type === 'outcome')?.body).not.toMatchObject({
      outcome: { findings: expect.anything() },
    });
  });
});

describe('mask', () => {
  const masking: ConnectionConfig['detectors'] = { action: 'mask', overrides: {} };

  test.each(['text', 'binary'] as const)(
    'no recognised value leaves, in %s format, with or without mask rules',
    async (format) => {
      for (const maskRules of [
        [],
        [{ id: 'kept', schema: 'public', table: 'tickets', column: 'kept', masker: { kind: 'email' } }],
      ] as MaskRule[][]) {
        const gate = await open(masking, { maskRules });
        const client = await gate.connect();
        const { rows } = await client.query({
          text: 'SELECT id, note, payload::text AS payload, lines::text AS lines, amount::text AS amount, kept FROM tickets WHERE id > $1 ORDER BY id',
          values: [0],
          ...{ binary: format === 'binary' },
        });
        expect(JSON.stringify(rows)).not.toMatch(/acme-corp|1234 5678|4539/);
        expect(rows.map((row) => [row.id, row.note])).toEqual([
          [1, 'nothing here'],
          [2, '***'],
        ]);
      }
    },
  );

  test('arrays, json and numbers are masked in their own types', async () => {
    const gate = await open(masking);
    const client = await gate.connect();
    const { rows } = await client.query('SELECT payload, lines, amount FROM tickets ORDER BY id');
    expect(rows).toEqual([
      { payload: { a: 1 }, lines: [], amount: '12' },
      { payload: '***', lines: [], amount: '0' },
    ]);
  });

  test('every row is looked at, however late', async () => {
    const gate = await open(masking);
    const client = await gate.connect();
    const { rows } = await client.query('SELECT note FROM many ORDER BY id');
    expect(rows.filter(({ note: text }) => text === '***').length).toBe(1);
    expect(rows[1499]).toEqual({ note: '***' });
  });

  test('a value in an expression, a view and a cursor is masked as well', async () => {
    const gate = await open(masking, { policy: 'observe' });
    const client = await gate.connect();
    expect((await client.query("SELECT 'x ' || note AS n FROM open_tickets ORDER BY id")).rows[1]).toEqual({
      n: '***',
    });
    await client.query('BEGIN');
    await client.query('DECLARE c CURSOR FOR SELECT note FROM tickets ORDER BY id');
    expect((await client.query('FETCH ALL FROM c')).rows[1]).toEqual({ note: '***' });
  });

  test('a copy, cell by cell and in its own format', async () => {
    const gate = await open(masking);
    const client = await RawClient.logIn(gate.address);
    const copied = async (text: string): Promise<string> => {
      const frames = await client.send(encode.query(text)).untilReady();
      return Buffer.concat(frames.flatMap((frame) => (frame[0] === 0x64 ? [frame.subarray(5)] : []))).toString();
    };
    expect(await copied('COPY tickets (id, note, lines, kept) TO STDOUT CSV')).toBe(
      '1,nothing here,{},***\n2,***,{},x\n',
    );
    expect(await copied("COPY (SELECT 'x ' || note, amount FROM tickets WHERE id = 2) TO STDOUT")).toBe('***\t0\n');
    expect(await copied('COPY tickets TO STDOUT BINARY')).not.toMatch(/acme-corp|1234 5678|4539/);
    for (const text of ["COPY tickets TO STDOUT (ENCODING 'LATIN1')", 'SELECT 1; COPY tickets TO STDOUT'])
      expect(told(await client.send(encode.query(text)).untilReady())).toEqual(['E 42501', 'Z I']);
    client.close();
    const outcome = await until(async () => (await gate.journal()).find(({ body }) => body.type === 'outcome'));
    expect(outcome.body).toMatchObject({
      outcome: {
        findings: [
          { column: 'kept', detector: 'email', values: 1, masked: true },
          { column: 'note', detector: 'phone', values: 1, masked: true },
          { column: 'lines', detector: 'payment_card', values: 1, masked: true },
        ],
      },
    });
  });

  test('a prepared statement that is executed again, without a description of its own, too', async () => {
    const gate = await open(masking);
    const client = await gate.connect();
    for (let round = 0; round < 3; round++) {
      const { rows } = await client.query({ name: 'again', text: 'SELECT note FROM tickets ORDER BY id', values: [] });
      expect(rows[1]).toEqual({ note: '***' });
    }
  });

  test('one detector may mask while the others report', async () => {
    const gate = await open({ action: 'report', overrides: { phone: 'mask' } });
    const client = await gate.connect();
    const { rows } = await client.query('SELECT note, kept FROM tickets ORDER BY id');
    expect(rows).toEqual([
      { note: 'nothing here', kept: 'jane@acme-corp.io' },
      { note: '***', kept: 'x' },
    ]);
    await client.end();
    expect((await gate.journal()).find(({ body }) => body.type === 'outcome')?.body).toMatchObject({
      outcome: {
        findings: [
          { column: 'kept', detector: 'email', values: 1, masked: false },
          { column: 'note', detector: 'phone', values: 1, masked: true },
        ],
      },
    });
  });
});

describe('ask', () => {
  const asking: ConnectionConfig['detectors'] = { action: 'ask', overrides: {} };

  test('after a finding, statements that touch the column are held, by every session; others are not', async () => {
    const gate = await open(asking, { deadlineMs: 0 });
    const client = await gate.connect();
    await client.query('SELECT address FROM mailing');
    await findings(gate, 1);
    await expect(client.query('SELECT address FROM mailing')).rejects.toMatchObject({ code: '42501' });
    const other = await gate.connect();
    await expect(other.query('SELECT * FROM mailing')).rejects.toMatchObject({ code: '42501' });
    expect((await other.query('SELECT id FROM mailing')).rows).toEqual([{ id: 1 }]);
    expect(gate.gateway.approvals.list().decided.map(({ rule, state }) => `${rule.id} ${state}`)).toEqual([
      'found-personal-data expired',
      'found-personal-data expired',
    ]);
  });

  test('what was dismissed, or got a mask rule, is asked about no more', async () => {
    const gate = await open(asking, { deadlineMs: 0 });
    const client = await gate.connect();
    await client.query('SELECT address FROM mailing');
    await findings(gate, 1);
    gate.gateway.findings.setDismissed('shop', [{ place: 'public.mailing.address', kind: 'email' }], true);
    expect((await client.query('SELECT address FROM mailing')).rows).toEqual([{ address: 'kim@acme-corp.io' }]);
    gate.gateway.findings.setDismissed('shop', [{ place: 'public.mailing.address', kind: 'email' }], false);
    await expect(client.query('SELECT address FROM mailing')).rejects.toMatchObject({ code: '42501' });
    const settings = gate.gateway.settings();
    const rule: MaskRule = { id: 'a', schema: 'public', table: 'mailing', column: 'address', masker: { kind: 'full' } };
    gate.gateway.configure(
      { ...settings, connections: settings.connections.map((one) => ({ ...one, maskRules: [rule] })) },
      'test',
    );
    expect((await client.query('SELECT address FROM mailing')).rows).toEqual([{ address: '***' }]);
  });
});
