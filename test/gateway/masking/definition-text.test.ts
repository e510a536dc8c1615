import { expect, test } from 'vitest';
import { hideAddresses, hideConstants } from '../../../src/gateway/masking/maskers/definition.ts';

test.each([
  ['WHERE (salary = 770001.77)', 'WHERE (salary = ***)'],
  ["WHERE born = '1899-02-17'::date", "WHERE born = '***'::date"],
  ["FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')"],
  ["email ~ '^zelda-0005@example\\.com$'", "email ~ '***'"],
  ["VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$'", "VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$'"],
  ["x = 'zelda-email-'", "x = '***'"],
  ['LIMIT 100000 OFFSET 12345', 'LIMIT 100000 OFFSET 12345'],
  ['return 4000009999001012;', 'return ***;'],
  ['/* a /* b */ me@example.com */ SELECT 1', '/* a /* b */ *** */ SELECT 1'],
  ['SELECT "me@example.com"', 'SELECT ***'],
])('of the definition %s this is shown: %s', (text, shown) => {
  expect(hideConstants(text)).toBe(shown);
});

test('comments lose keys and numbers of documents', () => {
  expect(hideAddresses('passport ZZ-PASS-0001, token sk_live_abc-0001, table orders2 of 2024')).toBe(
    'passport ***, token ***, table orders2 of 2024',
  );
});
