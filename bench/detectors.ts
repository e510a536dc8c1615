import { allDetectors, createScanner } from '../src/gateway/masking/detectors/index.ts';
import { netPlan } from '../src/gateway/masking/net/net-plan.ts';
import { netRules } from '../src/gateway/masking/net/net-rules.ts';
import { StatementNet } from '../src/gateway/masking/net/statement-net.ts';
import type { FieldDescription } from '../src/gateway/wire/fields.ts';
import { MessageBuilder } from '../src/gateway/wire/message-builder.ts';

const cells: Readonly<Record<string, string>> = {
  'word of 8': 'in stock',
  'integer of 6': '482913',
  timestamp: '2026-01-15 12:30:45.123456+01',
  uuid: '550e8400-e29b-41d4-a716-446655440000',
  'sentence of 60': 'The parcel left the warehouse on time and arrived next day.',
  'text of 1000': 'The parcel left the warehouse on time and arrived. '.repeat(20),
  'json of 200': `{"status":"shipped","items":[{"sku":"DB-1001","count":2}],"note":"${'as agreed '.repeat(13)}"}`,
  'e-mail': 'jane.doe@acme-corp.io',
  'telephone number': '+31 6 1234 5678',
};

const rounds = 5;

/** Nanoseconds of one run of `work`, the best of some rounds. */
function nanoseconds(work: () => void, times: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    for (let time = 0; time < times; time++) work();
    best = Math.min(best, ((performance.now() - began) * 1e6) / times);
  }
  return best;
}

function dataRow(values: readonly string[]): Buffer {
  const message = new MessageBuilder('D'.charCodeAt(0)).int16(values.length);
  for (const value of values) message.int32(Buffer.byteLength(value)).bytes(Buffer.from(value));
  return message.build();
}

const text = (name: string): FieldDescription => ({
  ...{ name, tableOid: 20_000, attributeNumber: 1, typeOid: 25, typeSize: -1, typeModifier: -1, format: 0 },
});

/** Prints what a cell costs, and what a row of eight columns costs by what the second net does. */
export function run(): void {
  const say = (name: string, value: number, what: string): boolean =>
    process.stdout.write(`${name.padEnd(44)} ${value.toFixed(0).padStart(7)} ${what}\n`);
  const scanner = createScanner(allDetectors);
  for (const [name, cell] of Object.entries(cells)) {
    const bytes = Buffer.from(cell);
    say(
      `cell: ${name}`,
      nanoseconds(() => void scanner.scan(bytes, 0, bytes.length, 'note'), 100_000),
      'ns',
    );
  }
  const row = dataRow([
    'in stock',
    '482913',
    'Amsterdam',
    'DB-1001',
    'shipped',
    'The parcel left on time.',
    'EUR',
    'NL',
  ]);
  const fields = Array.from({ length: 8 }, (_, index) => text(`c${index}`));
  const report = netRules({ action: 'report', overrides: {} });
  say(
    'report: a result of one row, in all',
    nanoseconds(() => {
      const net = new StatementNet(report, 'SELECT');
      net.describe(fields, null);
      net.row(row);
      net.findings();
    }, 20_000),
    'ns',
  );
  const perRow = (rows: number): number =>
    nanoseconds(
      () => {
        const net = new StatementNet(report, 'SELECT');
        net.describe(fields, null);
        for (let index = 0; index < rows; index++) net.row(row);
        net.findings();
      },
      Math.ceil(200_000 / rows),
    ) / rows;
  for (const rows of [100, 1000, 10_000, 100_000]) say(`report: a row of a result of ${rows}`, perRow(rows), 'ns');
  const plan = netPlan({ fields, rules: null, scanner, masked: () => undefined });
  say(
    'mask: a row of eight columns, nothing found',
    nanoseconds(() => void plan?.apply(row), 100_000),
    'ns',
  );
  const found = dataRow(['in stock', '482913', 'jane.doe@acme-corp.io', 'DB-1001', 'shipped', 'x', 'EUR', 'NL']);
  say(
    'mask: a row of eight columns, one masked',
    nanoseconds(() => void plan?.apply(found), 100_000),
    'ns',
  );
}
