import { expect, it } from 'vitest';
import { parseOptions } from '../../conformance/options.ts';
import { table } from '../../conformance/table.ts';

it('the table has a line for each suite, and below it what differs', () => {
  expect(
    table([
      {
        suite: 'isolation',
        server: '15.20',
        direct: { passed: 115, failed: 0, seconds: 29.6 },
        through: { passed: 114, failed: 1, seconds: 38.1 },
        verdict: 'different',
        remarks: ['timeouts: only through Postern'],
      },
      { suite: 'hold', server: '15.20', direct: null, through: null, verdict: 'not run', remarks: [] },
    ]),
  ).toBe(`suite      PostgreSQL  direct   through Postern             seconds
isolation  15.20       115/115  114/115          different  30 → 38
hold       15.20       –        –                not run    – → –

isolation on 15.20: timeouts: only through Postern`);
});

it('suites and servers are taken in their own order, and a stranger is refused by name', () => {
  const { suites, servers } = parseOptions(['--only', 'isolation,pg_regress', '--server', '18']);
  expect({ suites, servers }).toEqual({ suites: ['pg_regress', 'isolation'], servers: ['18'] });
  expect(() => parseOptions(['--only', 'regress'])).toThrow('There is no suite "regress".');
});
