import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
test('pg', async () => { const d = await createDatabase('create table t(i int)'); const r = await d.query('select version()'); expect(r.rows[0].version).toMatch('PostgreSQL 18'); await d.drop(); });
