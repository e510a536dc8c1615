import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
// @ts-expect-error
import { scanMessages } from '/work/shared/corpora/leakscan.mjs';
// @ts-expect-error
import { Wire } from '/work/shared/corpora/wire.mjs';
import { parameterStatusAllowed } from '../../../src/gateway/masking/doors.ts';
import { compileMasking, mergeMasking } from '../../../src/gateway/masking/profile.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { createParser } from '../../../src/gateway/sql/parser.ts';
import { decodeFields, decodeRowDescription } from '../../../src/gateway/wire/decode-backend.ts';
import { fieldsMessage } from '../../../src/gateway/wire/encode-backend.ts';

const dir = '/work/shared/corpora/';
test('corpus', async () => {
  const server = inject('postgres');
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  const hba = (await admin.query('show hba_file')).rows[0].hba_file;
  writeFileSync(hba, 'host all all 127.0.0.1/32 trust\n');
  await admin.query('select pg_reload_conf()');
  await new Promise((r) => setTimeout(r, 300));
  await admin.query(readFileSync(dir + 'roles.sql', 'utf8'));
  await admin.query('CREATE DATABASE masktmpl');
  const t = new pg.Client({ ...server, database: 'masktmpl' });
  await t.connect();
  await t.query(readFileSync(dir + 'schema.sql', 'utf8'));
  const parser = await createParser();
  const policy = JSON.parse(readFileSync(dir + 'mask-policy.json', 'utf8'));
  const rules = policy.sensitive
    .filter((s: any) => s.column !== 'email_lower')
    .map((s: any, i: number) => {
      const [schema, table] = s.table.split('.');
      return { id: 'r' + i, schema, table, column: s.column, masker: { kind: 'full' } };
    });
  await t.query('RESET ROLE');
  const load = async (c: pg.Client) =>
    loadCatalog(
      async (sql) =>
        (await c.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => (v: any) => v } as any }))
          .rows as any,
      1,
    );
  const catalog = await load(t);
  await t.end();
  const hashKey = randomBytes(32);
  const profile = compileMasking({ rules, catalog, hashKey });
  // derived
  const out: string[] = [];
  // run one case: returns messages after masking
  const runOne = async (c: any, db: string) => {
    const sub = (x: string) => x.replaceAll('{{db}}', db).replaceAll('{{port}}', String(server.port));
    let cat = catalog,
      prof = profile;
    if (c.setup) {
      const s = new pg.Client({ ...server, database: db });
      await s.connect();
      for (const q of c.setup) await s.query(sub(q)).catch((e: any) => out.push('setup ' + c.id + ' ' + e.message));
      await s.query('RESET ROLE').catch(() => {});
      cat = await load(s);
      prof = compileMasking({ rules, catalog: cat, hashKey });
      await s.end();
    }
    const steps =
      c.steps ??
      (c.protocol === 'extended'
        ? [
            {
              pipe: [
                ['P', '', c.sql],
                ['B', '', '', c.params || [], c.rfmt || []],
                ['D', 'P', ''],
                ['E', '', 0],
                ['S'],
              ],
            },
          ]
        : [{ q: c.sql }]);
    const w = await new Wire({
      host: '127.0.0.1',
      port: server.port,
      user: server.user,
      password: server.password,
      database: db,
    });
    await w.connect();
    await w.query('RESET ROLE');
    w.msgs.length = 0;
    const names = new Map<string, any>();
    const msgs: any[] = [];
    let refused: any = null;
    const probes: string[] = [];
    const changed: string[] = [];
    const judge = (sql: string) => {
      const u = parser.understand(sql, cat);
      let m = prof.forStatement(u, sql);
      if (u.status === 'understood')
        for (const st of u.statements)
          for (const n of st.names) {
            if (n.op === 'prepare')
              names.set('p:' + n.name, prof.forStatement({ status: 'understood', statements: [n.statement] }));
            if (n.op === 'declare_cursor') names.set('c:' + n.name, m);
            if (n.op === 'execute' && names.has('p:' + n.name)) m = mergeMasking(m, names.get('p:' + n.name));
            if (n.op === 'fetch' && names.has('c:' + n.name)) m = mergeMasking(m, names.get('c:' + n.name));
          }
      probes.push(...m.probes);
      return m;
    };
    const mask = (m: any, list: any[], formats: number[] | null) => {
      let plan: any = null;
      for (const x of list) {
        const raw = Buffer.concat([Buffer.from(x.t), Buffer.alloc(4), x.body]);
        raw.writeInt32BE(x.body.length + 4, 1);
        if (x.t === 'T') {
          let f = decodeRowDescription(raw);
          if (formats && formats.length)
            f = f.map((y, i) => ({ ...y, format: (formats.length === 1 ? formats[0] : formats[i]) as any }));
          plan = m.plan(f); if (plan) changed.push('masked ' + plan.maskedColumns.map((k: any) => k.name + ':' + k.rule));
          msgs.push(x);
        } else if (x.t === 'D' && plan) {
          const o = plan.apply(raw);
          const body = Buffer.from(o.subarray(5));
          const vals: any[] = [];
          let p = 2;
          for (let i = 0; i < body.readInt16BE(0); i++) {
            const l = body.readInt32BE(p);
            p += 4;
            if (l < 0) vals.push(null);
            else {
              vals.push(body.subarray(p, p + l));
              p += l;
            }
          }
          msgs.push({ ...x, body, vals });
        } else if (x.t === 'E' || x.t === 'N') {
          const f0 = decodeFields(raw);
          const f = m.scrub(f0);
          if (f.M !== f0.M) changed.push('scrubbed ' + f0.C + ' ' + f0.M);
          msgs.push({ ...x, fields: f, body: fieldsMessage(69, f).subarray(5) });
        } else if (x.t === 'A') msgs.push({ ...x, payload: '', body: Buffer.alloc(4) });
        else if (x.t === 'S') {
          if (parameterStatusAllowed(x.kv[0], x.kv[1])) msgs.push(x);
        } else msgs.push(x);
      }
    };
    let skip = false;
    for (const st of steps) {
      if (st.connect || st.c || st.raw || st.rawq || st.cancel) {
        skip = true;
        break;
      }
      if (st.wait) {
        await new Promise((r) => setTimeout(r, Math.min(st.wait, 100)));
        continue;
      }
      if (st.admin) {
        continue;
      }
      const n = w.msgs.length;
      if (st.q != null || st.qhex != null) {
        if (st.qhex) {
          skip = true;
          break;
        }
        const m = judge(sub(st.q));
        if (m.refusal) {
          refused ??= m.refusal;
          continue;
        }
        await w.query(sub(st.q), 8000);
        if (/^\s*(create|alter|drop|select .* into)/i.test(st.q)) {
          const s = new pg.Client({ ...server, database: db });
          await s.connect();
          cat = await load(s);
          await s.end();
          prof = compileMasking({ rules, catalog: cat, hashKey });
        }
        mask(m, w.msgs.slice(n), null);
      } else if (st.pipe) {
        // only the plain form: one P, one B, one D, one E
        const ps = st.pipe.filter((m: any) => m[0] === 'P');
        const bs = st.pipe.filter((m: any) => m[0] === 'B');
        if (ps.length !== 1 || bs.length !== 1 || st.pipe.some((m: any) => ['F', 'X', 'PT', 'Q'].includes(m[0]))) {
          skip = true;
          break;
        }
        const m = judge(sub(ps[0][2]));
        if (m.refusal) {
          refused ??= m.refusal;
          continue;
        }
        const b = bs[0];
        w.send(
          Buffer.concat([
            Wire.P('', sub(ps[0][2])),
            Wire.B('', '', b[3] || [], b[4] || [], b[5] || []),
            Wire.D('P', ''),
            Wire.E('', 0),
            Wire.S(),
          ]),
        );
        const r = w.rfq;
        await w.until(() => w.rfq > r, 8000);
        mask(m, w.msgs.slice(n), null);
      } else {
        skip = true;
        break;
      }
    }
    w.end();
    return { msgs, refused, probes, skip, changed };
  };
  const only = process.env.IDS?.split(',');
  const kinds = (process.env.FILES ?? 'mask,benign').split(',');
  let i = 0;
  for (const kind of kinds) {
    const cases = JSON.parse(readFileSync(`${dir}${kind}.json`, 'utf8')).cases;
    const tally: Record<string, any> = {};
    for (const c of cases) {
      if (only && !only.includes(c.id)) continue;
      const k = (tally[c.class ?? kind] ??= {
        n: 0,
        leak: [],
        refused: [],
        skip: [],
        clean: 0,
        probe: 0,
        unprobed: [],
      });
      k.n++;
      if (kind === 'mask' && c.oracle) {
        const sql = (c.oracle.a as any[])
          .map((s) => s.q ?? s.pipe?.find((m: any) => m[0] === 'P')?.[2])
          .filter(Boolean);
        let hit = false;
        for (const s of sql) {
          const m = profile.forStatement(parser.understand(s, catalog), s);
          if (m.probes.length || m.refusal) hit = true;
        }
        if (hit) k.probe++;
        else k.unprobed.push(c.id);
        continue;
      }
      const db = `h_${i++}`;
      const needsDb = true;
      writeFileSync('/tmp/mask-harness-now.txt', c.id);
      if (needsDb) await admin.query(`CREATE DATABASE ${db} TEMPLATE masktmpl STRATEGY file_copy`);
      try {
        const r = await runOne(c, db);
        if (r.skip) k.skip.push(c.id);
        else {
          const hits = scanMessages(r.msgs, c.detect);
          if (kind === 'benign') {
            const raw = r.refused ? ['REFUSED ' + r.refused.reason] : [];
            if (raw.length) k.refused.push(c.id + ' ' + raw);
            if (r.probes.length) k.refused.push(c.id + ' PROBES ' + r.probes);
            if (r.changed.length && !c.returnsSensitive) k.refused.push(c.id + ' CHANGED ' + r.changed.slice(0, 3));
          } else if (hits.length) k.leak.push(c.id + (c.role ? '(su) ' : ' ') + JSON.stringify(hits.slice(0, 3)));
          else if (r.refused) k.refused.push(c.id);
          else k.clean++;
        }
      } catch (e: any) {
        k.skip.push(c.id + ' ERR ' + e.message);
      }
      await admin.query(`DROP DATABASE ${db} WITH (FORCE)`);
    }
    for (const [name, v] of Object.entries(tally))
      out.push(
        `${kind} ${name} n=${v.n} clean=${v.clean} refused=${v.refused.length} probes=${v.probe} unprobed=${v.unprobed} skip=${v.skip.length} LEAK=${v.leak.length}\n   ${v.leak.join('\n   ')}${kind === 'benign' ? '\n   ' + v.refused.join('\n   ') : ''}\n   skipped ${v.skip}`,
      );
    writeFileSync(`/tmp/mask-harness-${kind}.txt`, out.join('\n'));
  }
  await admin.query('DROP DATABASE masktmpl');
  await admin.end();
  expect(1).toBe(1);
}, 600_000);
