import { describe, expect, it } from 'vitest';
import type { Masker } from '../../src/contract/index.ts';
import { parseRoute, type Route, routeHash } from '../../src/renderer/app/routes.ts';
import { withApproval, withSession, withStatement } from '../../src/renderer/data/live.ts';
import { headline } from '../../src/renderer/parts/effects.ts';
import { duration, sessionMark } from '../../src/renderer/parts/format.ts';
import { sqlSpans } from '../../src/renderer/parts/sql.ts';
import { visibleParts } from '../../src/renderer/parts/visible.ts';
import {
  advance,
  framesUntil,
  nextMarker,
  pictureAt,
  previousMarker,
  transcript,
} from '../../src/renderer/screens/replay/timeline.ts';
import { covers, newRuleId, ruleProblems } from '../../src/renderer/screens/rules/drafts.ts';
import { bucketsText, maskerText, parseBuckets } from '../../src/renderer/screens/rules/maskers.ts';
import { request, retryOf } from './fake-desk/approvals.ts';
import { sessionSummaries } from './fake-desk/sessions.ts';
import { statement } from './fake-desk/statements.ts';

describe('lengths of time and ids', () => {
  it('leave out a rest of nothing', () => {
    expect([300_000, 252_000, 7_200_000, 7_500_000].map(duration)).toEqual(['5 min', '4 min 12 s', '2 h', '2 h 5 min']);
  });
  it('tell sessions of one day apart', () => {
    expect(['20260302T090000-1f2e3d4c', '20260302T090000-5a6b7c8d'].map(sessionMark)).toEqual(['1f2e3d4c', '5a6b7c8d']);
  });
});

describe('visible text', () => {
  it('names every character that hides or reorders and keeps line breaks and tabs', () => {
    expect(visibleParts('a\u202eb\r\n\tc\u00a0\u0000')).toEqual([
      { kind: 'text', text: 'a' },
      { kind: 'hidden', character: '\u202e', label: 'RLO U+202E' },
      { kind: 'text', text: 'b\r\n\tc' },
      { kind: 'hidden', character: '\u00a0', label: 'NBSP U+00A0' },
      { kind: 'hidden', character: '\u0000', label: 'U+0000' },
    ]);
  });

  it('shows a lone carriage return, which would let one line overwrite another', () => {
    expect(visibleParts('a\rb').map((part) => (part.kind === 'hidden' ? part.label : part.text))).toEqual([
      'a',
      'CR U+000D',
      'b',
    ]);
  });

  it('shows tag characters and variation selectors beyond the basic plane', () => {
    expect(
      visibleParts('\u{e0041}\u{e0100}\ufe0f').map((part) => (part.kind === 'hidden' ? part.label : part.text)),
    ).toEqual(['U+E0041', 'U+E0100', 'U+FE0F']);
  });
});

describe('highlighting', () => {
  it('never loses or adds a character', () => {
    const texts = ["select $1, 'it''s', $tag$ $2 $tag$ from t -- done", 'not sql at all \u202e $', ''];
    expect(
      texts.map((text) =>
        sqlSpans(text)
          .map((span) => span.text)
          .join(''),
      ),
    ).toEqual(texts);
  });

  it('colours parameters and keywords, and leaves column names such as id and name alone', () => {
    expect(sqlSpans('where id = $12').filter((span) => span.text.trim() !== '')).toEqual([
      { text: 'where', style: 'keyword' },
      { text: ' id ', style: 'plain' },
      { text: '=', style: 'operator' },
      { text: '$12', style: 'parameter' },
    ]);
  });
});

describe('routes', () => {
  it('reads back every route it writes', () => {
    const routes: Route[] = [
      { screen: 'approvals', id: 'a-1' },
      { screen: 'sessions', id: null },
      { screen: 'replay', id: 's-1', at: 1500 },
      { screen: 'rules', connection: 'shop' },
      { screen: 'connections', tab: 'agents' },
      { screen: 'settings' },
    ];
    expect(routes.map((route) => parseRoute(routeHash(route)))).toEqual(routes);
  });

  it('leads to the approvals when a link is unknown or malformed', () => {
    expect(['', '#/nonsense', '#/approvals/%E0%A4%A', '#/approvals/<script>'].map(parseRoute)).toEqual(
      Array(4).fill({ screen: 'approvals', id: null }),
    );
  });
});

describe('events', () => {
  it('moves a request from pending to decided when it ends, once', () => {
    const first = request('a-1', 1_000_000);
    const second = request('a-2', 1_000_100);
    const ended = { ...first, state: 'denied' as const };
    expect(withApproval({ pending: [first, second], retries: [], sequences: [], decided: [ended] }, ended)).toEqual({
      pending: [second],
      retries: [],
      sequences: [],
      decided: [ended],
    });
  });

  it('puts a new request after the older ones', () => {
    const older = request('a-1', 1_000_000);
    const newer = request('a-2', 1_000_100);
    expect(withApproval({ pending: [newer], retries: [], sequences: [], decided: [] }, older).pending).toEqual([
      older,
      newer,
    ]);
  });

  it('keeps what was given up where it can be decided, until the next try of the agent takes its place', () => {
    const asked = request('a-1', 1_000_000);
    const offered = { ...asked, state: 'withdrawn' as const, retry: retryOf(1_000_000) };
    const replaced = { ...offered, retry: retryOf(1_000_000, { state: 'replaced' }) };
    const next = request('a-2', 1_000_100, { attempt: 2, replaces: 'a-1' });
    const none = { pending: [], retries: [], sequences: [], decided: [] };
    const seen = [offered, replaced, next].map(
      (
        (lists) => (change) =>
          (lists = withApproval(lists, change))
      )(withApproval(none, asked)),
    );
    expect(seen).toEqual([
      { ...none, retries: [offered] },
      { ...none, retries: [replaced] },
      { ...none, pending: [next] },
    ]);
  });

  it('puts a used or withdrawn ticket among what was decided', () => {
    const ticket = {
      ...request('a-1', 1_000_000),
      state: 'cancelled' as const,
      retry: retryOf(1, { state: 'ticket' }),
    };
    const used = { ...ticket, retry: retryOf(1, { state: 'redeemed' }) };
    expect(withApproval({ pending: [], retries: [ticket], sequences: [], decided: [] }, used)).toEqual({
      pending: [],
      retries: [],
      sequences: [],
      decided: [used],
    });
  });

  it('keeps sessions at their places and puts new ones in front', () => {
    const [first, second, third] = sessionSummaries(1_000_000_000);
    if (!first || !second || !third) throw new Error('the fixture is empty');
    const ended = { ...second, live: false };
    expect([withSession([first, second], ended), withSession([second], third)]).toEqual([
      [first, ended],
      [third, second],
    ]);
  });

  it('replaces a statement by its number and adds new ones in order', () => {
    const [summary] = sessionSummaries(1_000_000_000);
    if (!summary) throw new Error('the fixture is empty');
    const [one, two, three] = [1, 2, 3].map((seq) => statement(seq, seq, `select ${seq}`));
    if (!one || !two || !three) throw new Error('no statements');
    const changed = { ...one, outcome: null };
    const detail = { summary, statements: [one, three] };
    expect([withStatement(detail, changed).statements, withStatement(detail, two).statements]).toEqual([
      [changed, three],
      [one, two, three],
    ]);
  });
});

describe('the replay time line', () => {
  const frames = [
    { at: 0, data: 'a' },
    { at: 100, data: '\u001b[31mb\u001b[0m' },
    { at: 10_100, data: 'c\r\n' },
  ];

  it('makes the picture of a moment from all frames up to it', () => {
    expect([
      framesUntil(frames, 99),
      framesUntil(frames, 100),
      pictureAt(frames, 10_099),
      pictureAt(frames, 0),
    ]).toEqual([1, 2, 'a\u001b[31mb\u001b[0m', 'a']);
  });

  it('plays a long pause in one second when idle time is skipped, and in full when not', () => {
    expect([
      advance(frames, 12_000, 100, 1000, 1, true),
      advance(frames, 12_000, 100, 1000, 1, false),
      advance(frames, 12_000, 100, 500, 1, true),
    ]).toEqual([10_100, 1100, 5100]);
  });

  it('plays at a multiple of the speed and stops at the end', () => {
    expect([advance(frames, 12_000, 0, 10, 8, false), advance(frames, 12_000, 11_000, 90_000, 8, true)]).toEqual([
      80, 12_000,
    ]);
  });

  it('goes to the next marker, and back to the one before the current', () => {
    const markers = [0, 5000, 9000].map((at, seq) => ({ at, seq, label: '', kind: 'allowed' as const }));
    expect([
      nextMarker(markers, 5000)?.at,
      previousMarker(markers, 5200)?.at,
      previousMarker(markers, 7000)?.at,
      nextMarker(markers, 9000),
    ]).toEqual([9000, 0, 5000, null]);
  });

  it('reads as text without control sequences', () => {
    expect(transcript(frames)).toBe('abc\n');
  });
});

describe('rules being edited', () => {
  const rule = { id: 'r', schema: 'public', table: 'cust*', column: 'e.mail', masker: { kind: 'full' as const } };

  it('covers names by pattern, with nothing but * being special', () => {
    expect([
      covers(rule, 'public', 'customers', 'e.mail'),
      covers(rule, 'public', 'customers', 'email'),
      covers(rule, 'audit', 'customers', 'e.mail'),
    ]).toEqual([true, false, false]);
  });

  it('gives a new rule an id that no other has', () => {
    expect(newRuleId('customers', 'email', [{ ...rule, id: 'mask-customers-email' }])).toBe('mask-customers-email-2');
  });

  it('says which field is wrong', () => {
    const wrong = { ...rule, table: '', masker: { kind: 'partial' as const, keepStart: 0, keepEnd: 99 } };
    expect(Object.keys(ruleProblems(wrong, [wrong, wrong])).sort()).toEqual(['id', 'masker.keepEnd', 'table']);
  });

  it.each<[Masker, string[]]>([
    [{ kind: 'bucket', by: 0 }, ['masker.by']],
    [{ kind: 'bucket', by: Number.NaN }, ['masker.by']],
    [{ kind: 'bucket', by: [18, 0] }, ['masker.by']],
    [{ kind: 'bucket', by: [0, 18, 65] }, []],
    [{ kind: 'json', paths: [{ path: 'a.b', masker: { kind: 'full' } }] }, ['masker.paths.0.path']],
    [{ kind: 'json', paths: [{ path: '$.a', masker: { kind: 'bucket', by: -1 } }] }, ['masker.paths.0.masker.by']],
    [{ kind: 'json', paths: [{ path: '{a,*}', masker: { kind: 'date', to: 'week' } }] }, []],
  ])('says what is wrong with the masker %j', (masker, fields) => {
    const one = { ...rule, masker };
    expect(Object.keys(ruleProblems(one, [one]))).toEqual(fields);
  });

  it.each(['1000', '0.5', '0, 18, 65'])('reads and writes buckets: %s', (text) => {
    expect(bucketsText(parseBuckets(text))).toBe(text);
  });

  it('says a masker in a few words', () => {
    const masker: Masker = {
      kind: 'json',
      paths: [
        { path: '$.email', masker: { kind: 'email' } },
        { path: '$.born', masker: { kind: 'date', to: 'month' } },
      ],
    };
    expect(maskerText(masker)).toBe('JSON paths: $.email (E-mail), $.born (Date, shortened: to the month)');
    expect(maskerText({ kind: 'bucket', by: [0, 18] })).toBe('Number bucket: 0, 18');
    expect([parseBuckets(''), parseBuckets('x'), parseBuckets('0,')]).toEqual([Number.NaN, Number.NaN, [0]]);
  });
});

describe('the headline of a request', () => {
  const effects = { kinds: [], reads: [], writes: [], functions: [], understood: true };

  it('names what is changed rather than what is read', () => {
    expect(
      headline({ ...effects, kinds: ['read', 'delete'], reads: ['public.orders'], writes: ['public.customers'] }),
    ).toBe('Delete public.customers');
  });

  it('says when a statement was not understood, whatever else is known', () => {
    expect(headline({ ...effects, kinds: ['read'], reads: ['public.orders'], understood: false })).toBe(
      'A statement that was not understood',
    );
  });
});
