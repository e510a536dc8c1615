import { describe, expect, it } from 'vitest';
import {
  differences,
  failedTest,
  normalise,
  type Outcome,
  readOutcome,
  SuiteBroken,
} from '../../conformance/outcome.ts';

const outcome = (passed: number, findings: Record<string, string> = {}): Outcome => ({
  passed,
  failed: Object.keys(findings).length,
  findings: new Map(Object.entries(findings)),
  seconds: 1,
});

describe('what a script of the kit printed', () => {
  it('becomes counts, and the failed tests with what they left', () => {
    const printed = `  copy                         ... FAILED      291 ms
  not ok 40    - eval-plan-qual-trigger                   1279 ms
  FAILED simple_pipeline trace (diff: /var/x-15500/a.diff)
SUITE=pg_regress15 HOST=127.0.0.1 PORT=15500 PASS=208 FAIL=3 RC=1 SECONDS=50.0 LOG=/var/tmp/x
`;
    expect(readOutcome(printed, 15500, (test) => (test === 'copy' ? '+ERROR:  relation 4711 in 12 ms' : ''))).toEqual({
      passed: 208,
      failed: 3,
      seconds: 50,
      findings: new Map([
        ['copy', 'copy ... FAILED TIME\n+ERROR:  relation N in TIME'],
        ['eval-plan-qual-trigger', 'not ok - eval-plan-qual-trigger TIME\n'],
        ['simple_pipeline trace', 'FAILED simple_pipeline trace (diff: /var/x-PORT/a.diff)\n'],
      ]),
    });
  });

  it('without its last line is a suite that broke, and says how', () => {
    expect(() => readOutcome('REFUSED: not a throw-away cluster\n', 1, () => '')).toThrow(
      new SuiteBroken('REFUSED: not a throw-away cluster'),
    );
  });

  it('in which nothing ran is no success', () => {
    const nothing = 'SUITE=x HOST=h PORT=1 PASS=0 FAIL=0 RC=127 SECONDS=0.1 LOG=l';
    expect(() => readOutcome(nothing, 1, () => '')).toThrow(new SuiteBroken(nothing));
  });
});

it('a failed test is told from one that passed, in each form', () => {
  expect(
    [
      'test boolean                      ... FAILED      52 ms',
      '     boolean                      ... ok           52 ms',
      'not ok 3     + boolean                                    52 ms',
      'ok 3         + boolean                                    52 ms',
      '  FAILED balances disagree (f)',
      'FAIL pgjdbc hold: x',
      'ok pgjdbc hold: 3009 ms',
    ].map(failedTest),
  ).toEqual(['boolean', null, 'boolean', null, 'balances disagree', 'pgjdbc hold', null]);
});

it('what differs between two runs of the same thing is taken out, and nothing else', () => {
  expect(
    normalise(
      'host 127.0.0.1 port 15442, pid 123, OID 41784, 2026-11-22 23:15:45.3 took 3.5 ms; 7 rows, id 8  \n',
      15442,
    ),
  ).toBe('host 127.0.0.1 port PORT, pid PID, OID N, MOMENT took TIME; 7 rows, id 8\n');
});

describe('the server itself and the gate', () => {
  it('are the same when the same tests fail in the same words', () => {
    expect(differences(outcome(9, { copy: '-a\n+b' }), outcome(9, { copy: '-a\n+b' }))).toEqual([]);
  });

  it('differ when a test fails at one of them only, in other words, or was not run', () => {
    expect(
      differences(outcome(9, { copy: '-a\n+b', rules: 'x' }), outcome(8, { copy: '-a\n+c', triggers: 'y' })),
    ).toEqual([
      '9 passed directly, 8 through Postern',
      'copy: not the same: "-a\n+c" through Postern, "-a\n+b" directly',
      'triggers: only through Postern: "y"',
      'rules: only directly: "x"',
    ]);
  });
});
