import { loadModule } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import { maskedCatalog } from '../../../src/gateway/masking/closure.ts';
import { catalogOf, table } from '../sql/builders.ts';

beforeAll(() => loadModule());

test.each([
  [150018, ['id', 'initials', 'system_user']],
  [180004, ['id', 'system_user']],
])(
  'what a server %i generates from a name that is a keyword from 16 on is masked: %j but id',
  (serverVersionNumber, columns) => {
    const audit = table('audit', ['id', 'system_user', 'initials']);
    const generated = audit.columns.map((column) =>
      column.name === 'initials' ? { ...column, generated: 'upper(system_user)' } : column,
    );
    const rule = maskRule.parse({ id: 'r', table: 'audit', column: 'system_user', masker: { kind: 'full' } });
    const snapshot = catalogOf([{ ...audit, columns: generated }], [], { serverVersionNumber });
    const masked = maskedCatalog([rule], snapshot).catalog.byName.get('audit')?.[0]?.masked;
    const names = generated.filter(({ attributeNumber }) => masked?.has(attributeNumber)).map(({ name }) => name);
    expect(['id', ...names].toSorted()).toEqual(columns);
  },
);
