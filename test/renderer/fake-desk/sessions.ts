import type { Replay, SessionSummary, StatementEntry } from '../../../src/contract/index.ts';
import { workingDay } from './statements.ts';

const agents = ['claude-code', 'nightly-report', 'claude-desktop', 'support-bot'] as const;
const connections = [
  { connection: 'shop', environment: 'production' },
  { connection: 'shop-staging', environment: 'staging' },
  { connection: 'demo', environment: 'local' },
] as const;

/** Two live sessions and many past ones, newest first. */
export function sessionSummaries(now: number): SessionSummary[] {
  return Array.from({ length: 60 }, (_, index): SessionSummary => {
    const live = index < 2;
    const startedAt = now - 96_000 - index * 2_700_000;
    const place = connections[index % 3] ?? connections[0];
    const quiet = index % 4 !== 0;
    return {
      id: live ? `s-live-${index + 1}` : `s-past-${index}`,
      live,
      startedAt,
      endedAt: live ? null : startedAt + 84_000 + index * 5000,
      endReason: live ? null : index === 5 ? 'ended by the operator' : 'the client closed the connection',
      agent: agents[index % agents.length] ?? 'claude-code',
      subject: `agent:${agents[index % agents.length]}`,
      ...place,
      database: place.connection === 'demo' ? 'shop_demo' : 'shop',
      role: 'shop_app',
      applicationName: index % 3 === 1 ? 'node-postgres' : 'psycopg 3.2',
      clientAddress: `127.0.0.1:${53_122 + index}`,
      groups: index === 0 ? ['engineers'] : [],
      token:
        index === 0
          ? {
              ...{ issuer: 'https://login.acme.example/realms/main', subject: 'ada', client: 'claude-code' },
              expiresAt: now + 480_000,
            }
          : null,
      sessionRole: index === 0 ? 'postern_s_claude_code_8f21c0de77ab3c10' : null,
      clientTls: index % 3 === 1 ? null : 'TLSv1.3 TLS_AES_256_GCM_SHA384',
      counts: {
        statements: 9 + index,
        held: quiet ? 0 : 2,
        refused: quiet ? 0 : 2,
        errors: index % 5 === 0 ? 1 : 0,
        rows: 64 + index * 37,
      },
    };
  });
}

export function statementsOf(summary: SessionSummary): StatementEntry[] {
  return workingDay(summary.startedAt);
}

const esc = '\u001b';
const colour = (code: number, text: string): string => `${esc}[${code}m${text}${esc}[0m`;

/** The session as the gate renders it: what was sent, what came back, what was held. */
export function replayOf(summary: SessionSummary, statements: readonly StatementEntry[]): Replay {
  const frames: Replay['frames'] = [
    {
      at: 0,
      data: `${colour(90, `-- ${summary.agent} on ${summary.connection}, database ${summary.database} as ${summary.role}`)}\r\n\r\n`,
    },
  ];
  const markers: Replay['markers'] = [];
  for (const entry of statements) {
    const at = entry.at - summary.startedAt;
    const done = at + (entry.outcome?.waitedMs ?? 0) + (entry.outcome?.durationMs ?? 0);
    frames.push({
      at,
      data: `${colour(34, `${summary.database}=>`)} ${entry.text.replaceAll('\n', '\r\n      ')};\r\n`,
    });
    const label = entry.text;
    if (entry.verdict === 'ask') {
      frames.push({ at: at + 5, data: `${colour(33, '|| held: waiting for the operator')}\r\n` });
      markers.push({ at, seq: entry.seq, label, kind: 'held' });
      const approved = entry.decision?.state === 'approved';
      frames.push({
        at: done - 5,
        data: `${approved ? colour(32, '✔ approved by operator') : colour(31, '✘ denied by operator: Retention is handled by the nightly job')}\r\n`,
      });
      markers.push({ at: done - 5, seq: entry.seq, label, kind: approved ? 'approved' : 'denied' });
    } else {
      const masked = (entry.outcome?.maskedColumns.length ?? 0) > 0;
      const kind =
        entry.verdict === 'block'
          ? 'refused'
          : entry.outcome?.status === 'error'
            ? 'error'
            : masked
              ? 'masked'
              : 'allowed';
      markers.push({ at, seq: entry.seq, label, kind });
    }
    frames.push({ at: done, data: answer(entry) });
  }
  return { summary, durationMs: 84_000, columns: 100, frames, markers };
}

function answer(entry: StatementEntry): string {
  const { outcome } = entry;
  if (!outcome) return '';
  if (outcome.status === 'error') return `${colour(31, `ERROR ${outcome.sqlstate}`)}: ${outcome.message}\r\n\r\n`;
  if (outcome.status === 'refused') return `${colour(31, 'REFUSED 42501')}: ${entry.rule.reason}\r\n\r\n`;
  if (outcome.maskedColumns.length > 0) {
    const rows = ['Maartje de Jong', 'Sem Bakker', 'Noor Visser', 'Daan Smit'].map(
      (name, index) =>
        ` ${20_417 + index} | ${name.padEnd(16)} | ${colour(35, 'm•••@•••.nl')}   | ${colour(35, '•••')}`,
    );
    return ` id    | name             | email             | phone\r\n-------+------------------+-------------------+-------\r\n${rows.join('\r\n')}\r\n${colour(90, `(${outcome.rows} rows, 2 columns masked, ${outcome.durationMs} ms)`)}\r\n\r\n`;
  }
  return `${colour(90, `(${outcome.rows} rows, ${outcome.durationMs} ms)`)}\r\n\r\n`;
}
