import { setImmediate } from 'node:timers/promises';
import type { Backtest, ConnectionConfig, Verdict } from '../../contract/index.ts';
import { SEVERITY } from '../../gateway/policy/judge.ts';
import type { CatalogSnapshot } from '../../gateway/sql/catalog.ts';
import type { DeskPorts, PolicySource } from './ports.ts';

/** Changes that a backtest lists; the counts cover all of them. */
const listedChanges = 500;
/** Longest text that a backtest shows, in characters. */
const shownText = 2000;

const none = (): Record<Verdict, number> => ({ allow: 0, ask: 0, block: 0, terminate: 0 });

/**
 * Judges the newest `limit` recorded sessions of a connection under its policy and a proposed one. Without a catalog both
 * are judged stricter. Rejects as the archive does when a journal cannot be read.
 */
export async function backtest(
  { archive, judges }: Pick<DeskPorts, 'archive' | 'judges'>,
  config: ConnectionConfig,
  proposed: PolicySource,
  catalog: CatalogSnapshot | null,
  limit: number,
): Promise<Backtest> {
  const recorded = (await archive.list({ text: config.name, limit: 1000 }))
    .filter(({ connection }) => connection === config.name)
    .slice(0, limit);
  const result = { sessions: 0, statements: 0, notJudged: 0, current: none(), proposed: none() };
  const changes: Backtest['changes'] = [];
  for (const { id: sessionId, agent } of recorded) {
    result.sessions += 1;
    for (const one of judges.rejudge(config, proposed, await archive.records(sessionId), catalog)) {
      result.statements += 1;
      if (one.answers === null) {
        result.notJudged += 1;
        continue;
      }
      const [before, after] = one.answers.map(({ verdict, rule }) => ({ verdict, rule }));
      if (before === undefined || after === undefined) continue;
      result.current[before.verdict] += 1;
      result.proposed[after.verdict] += 1;
      if (before.verdict === after.verdict) continue;
      const { statement, at, text, recorded: answered } = one;
      changes.push({
        sessionId,
        statement,
        at,
        agent,
        text: text.slice(0, shownText),
        recorded: answered,
        current: before,
        proposed: after,
      });
    }
    await setImmediate(); // the gate runs in the same process
  }
  // What would have passed and now would not, and the other way round, matters before how often.
  const distance = ({ current, proposed: next }: Backtest['changes'][number]): number =>
    Math.abs(SEVERITY[next.verdict] - SEVERITY[current.verdict]);
  changes.sort((one, other) => distance(other) - distance(one) || other.at - one.at);
  return {
    ...result,
    changes: changes.slice(0, listedChanges),
    omitted: Math.max(0, changes.length - listedChanges),
    certain: catalog !== null,
  };
}
