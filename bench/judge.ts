import { compileMasking } from '../src/gateway/masking/profile.ts';
import { policies } from '../src/gateway/policy/index.ts';
import { judge } from '../src/gateway/session/judge.ts';
import { type JudgeContext, newSession } from '../src/gateway/session/judged.ts';
import { NameRegistry } from '../src/gateway/session/names.ts';
import type { CatalogSnapshot } from '../src/gateway/sql/catalog.ts';
import { createParser } from '../src/gateway/sql/parser.ts';

const relations = Array.from({ length: 200 }, (_, table) => ({
  ...{
    oid: 20_000 + table,
    schema: 'public',
    name: `t${table}`,
    kind: 'r',
    parents: [],
    definition: null,
    dependsOn: [],
  },
  ...{ uniqueKeys: [['id']], hasTriggers: false, estimatedRows: 1000 },
  columns: ['id', 'owner', 'balance', 'note'].map((name, at) => ({
    ...{ attributeNumber: at + 1, name, typeOid: 25, type: 'text', generated: null },
  })),
}));
const catalog: CatalogSnapshot = {
  ...{ version: 1, serverVersionNumber: 180000, searchPath: ['pg_catalog', 'public'], relations, functions: [] },
};

/** A query of about a kilobyte with joins, a CTE, aggregates and a sub-select; `seed` makes the text a new one. */
const kilobyte = (seed: number): string =>
  `WITH recent AS (SELECT t1.id, t1.owner, sum(t2.balance) AS total FROM t1 JOIN t2 ON t2.owner = t1.owner WHERE t1.id > ${seed} GROUP BY t1.id, t1.owner)
SELECT r.id, r.owner, r.total, coalesce(t3.note, 'nothing') AS note, lower(t4.owner) AS lowered, count(*) OVER (PARTITION BY r.owner) AS n
FROM recent r LEFT JOIN t3 ON t3.id = r.id LEFT JOIN t4 ON t4.id = r.id AND t4.balance BETWEEN 1 AND 100
WHERE r.total > (SELECT avg(balance) FROM t5 WHERE t5.owner = r.owner) AND EXISTS (SELECT 1 FROM t6 WHERE t6.id = r.id)
  AND r.owner IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h') AND t3.note LIKE '%pending%' AND t4.note IS NOT NULL
  AND date_trunc('day', now()) > '2025-01-01' AND (r.id = 1 OR r.id = 2 OR r.id = 3 OR r.total < 10000)
  AND t3.balance NOT IN (SELECT balance FROM t7 WHERE t7.id < 1000 AND t7.owner = 'somebody' LIMIT 10)
ORDER BY r.total DESC, r.id, lowered NULLS LAST LIMIT 50 OFFSET 100`.padEnd(1024, ' ');

/** Measures judging as a session does it, from the bytes of a Query on, in microseconds: a text known already, and one never seen. */
export async function run(): Promise<void> {
  const parser = await createParser();
  const context: JudgeContext = {
    ...newSession,
    ...{ parser, catalog, policy: policies.production, environment: 'production', connection: 'c', agent: 'a' },
    ...{ subject: 's', groups: [], database: 'd', role: 'r', transaction: 'idle', now: 0 },
    profile: compileMasking({ rules: [], catalog, hashKey: Buffer.alloc(32) }),
  };
  const names = new NameRegistry();
  const decide = (text: Buffer): string => judge(text, 'simple', names, context).verdict;
  const measure = (title: string, count: number, batch: number, text: (turn: number) => string): void => {
    const times: number[] = [];
    for (let turn = 0; turn < count; turn++) {
      const texts = Array.from({ length: batch }, (_, at) => Buffer.from(text(turn * batch + at)));
      const began = process.hrtime.bigint();
      for (const sql of texts) decide(sql);
      times.push(Number(process.hrtime.bigint() - began) / 1000 / batch);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string => (times[Math.floor(count * share)] ?? 0).toFixed(2);
    process.stdout.write(`${title.padEnd(34)} p50 ${at(0.5)} µs  p99 ${at(0.99)} µs\n`);
  };
  const small = 'SELECT id, owner FROM t1 WHERE id = $1';
  measure('warm-up', 3000, 1, kilobyte);
  measure('cached, 38 bytes', 10_000, 50, () => small);
  measure('cached, 1 KB', 10_000, 50, () => kilobyteCached);
  measure('cold, 38 bytes', 3000, 1, (turn) => `SELECT id, owner FROM t1 WHERE id = ${100000 + turn}`);
  measure('cold, 1 KB', 3000, 1, (turn) => kilobyte(100_000 + turn));
}

const kilobyteCached = kilobyte(7);
