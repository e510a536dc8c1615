import { expect, test } from 'vitest';
import { effectsView } from '../../../src/gateway/session/effects-view.ts';
import { createParser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, statementsOf, table } from '../sql/builders.ts';

const users = { expressions: ['(owner IN ( SELECT users.id FROM public.users))'], reads: [], calls: [] };
const catalog = catalogOf([table('users', ['id']), table('docs', ['owner'], { rowSecurity: users })]);

test('what only policies look at stands apart from what is read', async () => {
  const parser = await createParser();
  const view = (text: string) => {
    const { reads, readsOfPolicies } = effectsView(
      statementsOf(parser.understand(text, catalog)).map(({ effects }) => effects),
    );
    return { reads, readsOfPolicies };
  };
  expect(view('SELECT * FROM docs')).toEqual({ reads: ['public.docs'], readsOfPolicies: ['public.users'] });
  expect(view('SELECT * FROM docs; SELECT * FROM users')).toEqual({ reads: ['public.docs', 'public.users'] });
});
