import { expect, test } from 'vitest';
import { moment } from '../../../../src/gateway/evidence/report/times.ts';

const at = Date.UTC(2026, 2, 2, 9, 0, 0, 123);

test('a moment is given in UTC and on the clock of the reader, and once where the two are one', () => {
  expect([moment(at, 'Europe/Berlin', ' (gone)'), moment(at, 'UTC', ' (gone)'), moment(at, 'UTC')]).toEqual([
    '2026-03-02 09:00:00.123 UTC (gone)\n2026-03-02 10:00:00 Europe/Berlin',
    '2026-03-02 09:00:00.123 UTC (gone)',
    '2026-03-02 09:00:00.123 UTC',
  ]);
});
