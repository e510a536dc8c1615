import { expect, test } from 'vitest';
import type { DetectorSettings } from '../../../../src/contract/index.ts';
import { askedColumns } from '../../../../src/gateway/masking/net/asked-columns.ts';
import { Findings, findingLimit, type NewFinding } from '../../../../src/gateway/masking/net/findings.ts';
import { netRules } from '../../../../src/gateway/masking/net/net-rules.ts';
import { savedFindings } from '../../../../src/gateway/masking/net/saved-findings.ts';

const seen = (column: string | null, part: Partial<NewFinding> = {}): NewFinding => ({
  column: column === null ? null : { schema: 'public', table: 't', column },
  place: column === null ? 'COPY' : `public.t.${column}`,
  detector: 'email',
  values: 2,
  looked: 10,
  examples: ['a@a.aa'],
  ...part,
});

function ticking(): () => number {
  let now = 0;
  return () => ++now;
}

test('findings of one place and detector are counted together', () => {
  const findings = new Findings(ticking());
  findings.add('shop', [seen('a')]);
  findings.add('shop', [seen('a', { values: 1, looked: 5, examples: ['aa@a.aa', 'a@a.aa', 'a9@a.aa', 'A@a.aa'] })]);
  findings.add('other', [seen('a')]);
  expect(findings.of('shop')).toEqual([
    {
      column: { schema: 'public', table: 't', column: 'a' },
      place: 'public.t.a',
      detector: 'email',
      kind: 'email',
      values: 3,
      looked: 15,
      examples: ['a@a.aa', 'aa@a.aa', 'a9@a.aa'],
      firstSeenAt: 1,
      lastSeenAt: 2,
      dismissed: false,
    },
  ]);
});

test('what was dismissed stays so, whatever is found later, until it is brought back', () => {
  const findings = new Findings(ticking());
  findings.setDismissed('shop', [{ place: 'public.t.a', kind: 'email' }], true);
  findings.add('shop', [seen('a'), seen('a', { detector: 'jwt' })]);
  expect(findings.of('shop').map(({ detector, dismissed }) => [detector, dismissed])).toEqual([
    ['jwt', false],
    ['email', true],
  ]);
  expect(findings.found('shop')).toEqual(new Map([['public.t.a', new Set(['jwt'])]]));
  findings.setDismissed('shop', [{ place: 'public.t.a', kind: 'email' }], false);
  expect(findings.found('shop')).toEqual(new Map([['public.t.a', new Set(['email', 'jwt'])]]));
});

test('the found columns are the same object until one comes or goes', () => {
  const findings = new Findings(ticking());
  findings.add('shop', [seen('a'), seen(null)]);
  const before = findings.found('shop');
  findings.add('shop', [seen('a')]);
  expect(findings.found('shop')).toBe(before);
  findings.add('shop', [seen('b')]);
  expect([...findings.found('shop').keys()]).toEqual(['public.t.a', 'public.t.b']);
});

test('what was saved comes back', () => {
  const findings = new Findings(ticking());
  findings.add('shop', [seen('a'), seen(null)]);
  findings.setDismissed('shop', [{ place: 'COPY', kind: 'email' }], true);
  const saved = savedFindings.parse(JSON.parse(JSON.stringify(findings.saved())));
  expect(new Findings(ticking(), saved).of('shop')).toEqual(findings.of('shop'));
});

test('there is an end to what is kept: old places make room, columns do not', () => {
  const findings = new Findings(ticking());
  for (let number = 0; number <= findingLimit.places; number++) {
    findings.add('shop', [seen(null, { place: `expression "${number}"` })]);
  }
  const places = findings.of('shop').map(({ place }) => place);
  expect([places.length, places.includes('expression "0"')]).toEqual([findingLimit.places, false]);
  findings.add(
    'shop',
    Array.from({ length: findingLimit.columns + 1 }, (_, number) => seen(`c${number}`)),
  );
  expect([...findings.found('shop').keys()].length).toBe(findingLimit.columns);
  expect(findings.found('shop').has('public.t.c0')).toBe(true);
});

test('listeners hear which connection changed; one that was removed is forgotten', () => {
  const findings = new Findings(ticking());
  const heard: string[] = [];
  const stop = findings.onChange((connection) => heard.push(connection));
  findings.add('shop', [seen('a')]);
  findings.add('shop', []);
  findings.forget('shop');
  findings.forget('shop');
  stop();
  findings.add('shop', [seen('a')]);
  expect(heard).toEqual(['shop', 'shop']);
  expect(findings.of('shop')[0]?.values).toBe(2);
});

test('columns are asked about whose detector is to ask, unless a rule masks them', () => {
  const findings = new Findings(ticking());
  findings.add('shop', [seen('a'), seen('b', { detector: 'jwt' }), seen('c')]);
  const settings: DetectorSettings = { action: 'report', overrides: { email: 'ask' } };
  const rules = [{ id: 'c', schema: 'public', table: 't', column: 'c', masker: { kind: 'full' } }] as const;
  expect(askedColumns(findings.found('shop'), netRules(settings), rules)).toEqual(new Map([['public.t.a', ['email']]]));
});
