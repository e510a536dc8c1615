import type { GateEvent, GateVerification } from '../../../src/contract/index.ts';

const minute = 60_000;

/** A day at the gate, newest first. */
export function gateEventList(now: number): GateEvent[] {
  const event = (
    seq: number,
    ago: number,
    rest: Partial<GateEvent> & Pick<GateEvent, 'kind' | 'title'>,
  ): GateEvent => ({
    id: `gate-20260302T080000000Z-4711:${seq}`,
    at: now - ago * minute,
    alarm: false,
    text: '',
    who: null,
    sessionId: null,
    ...rest,
  });
  return [
    event(12, 1, { kind: 'journal', title: 'Session verified', who: 'maria', sessionId: 's-live-1' }),
    event(11, 3, {
      kind: 'refusal',
      alarm: true,
      title: '1,480 more refusals',
      text: 'Within 60 s, beyond those recorded one by one: 1,480 log-ins. The last: No agent has this key.',
      who: '127.0.0.1',
    }),
    event(10, 4, {
      kind: 'refusal',
      alarm: true,
      title: 'Log-in refused',
      text: 'No agent has this key. It claimed user "postgres\u202e" and database "shop".',
      who: '127.0.0.1:50122, user id 1000',
    }),
    event(9, 5, {
      kind: 'refusal',
      alarm: true,
      title: 'Log-in refused',
      text: 'The token of acme: no grant fits it (subject ada, client claude-code, groups sales). It claimed user "ada" and database "shop".',
      who: '127.0.0.1:50120, user id 1000',
    }),
    event(8, 6, {
      kind: 'refusal',
      alarm: true,
      title: 'Session refused',
      text: 'Postern has no connection "payroll" for this agent. It claimed user "claude" and database "payroll".',
      who: 'claude (key:51aa0c9e), 127.0.0.1:50118, user id 1000',
    }),
    event(7, 30, {
      kind: 'settings',
      title: 'Settings changed',
      text: 'Connection shop: policy now "production".',
      who: 'maria',
    }),
    event(6, 32, {
      kind: 'decision',
      title: 'Retry approved with a ticket',
      text: 'Statement 14 of claude (key:51aa0c9e) on shop.',
      who: 'maria (headless)',
      sessionId: 's-past-4',
    }),
    event(5, 40, { kind: 'credential', alarm: true, title: 'Password of shop-staging refused by the server' }),
    event(4, 41, {
      kind: 'target',
      alarm: true,
      title: 'Database of shop-staging doubted',
      text: 'It has the fingerprint of the database behind shop.',
    }),
    event(3, 44, { kind: 'credential', title: 'Password of shop-staging entered', who: 'maria' }),
    event(2, 60, {
      kind: 'gate',
      title: 'Gate started',
      text: 'Version 0.1.0, listening on 127.0.0.1:7432.',
      who: 'maria',
    }),
  ];
}

export const gateVerified: GateVerification = {
  ok: true,
  journals: [
    {
      name: 'gate-20260302T080000000Z-4711',
      live: true,
      verification: {
        ok: true,
        records: 12,
        checkpoints: 1,
        sealedToTheEnd: false,
        headHash: '5f0c8a41d3b97e26f1a0c4d85b6e9372a8d41f05c3e7b9120d64fa87be35c910',
        keyFingerprint: '7c:1e:09:aa',
        findings: [],
      },
    },
  ],
};
