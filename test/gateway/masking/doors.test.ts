import { expect, test } from 'vitest';
import { parameterStatusAllowed, scrubNotification } from '../../../src/gateway/masking/doors.ts';
import { compileMasking } from '../../../src/gateway/masking/profile.ts';
import { hashKey, rule } from './support.ts';

test('parameters that can carry any text are not reported on a masked connection', () => {
  const allowed = (name: string, value: string): boolean => parameterStatusAllowed(name, value);
  expect([
    allowed('DateStyle', 'ISO, MDY'),
    allowed('TimeZone', 'Europe/Berlin'),
    allowed('TimeZone', '<+02>-02'),
  ]).toEqual([true, true, true]);
  expect([
    allowed('application_name', 'alice'),
    allowed('search_path', 'alice'),
    allowed('TimeZone', '<alice>0'),
  ]).toEqual([false, false, false]);
});

test('notification payloads are dropped where mask rules are in force', () => {
  const catalog = null;
  expect(scrubNotification(compileMasking({ rules: [], catalog, hashKey }))).toBe('forward');
  expect(scrubNotification(compileMasking({ rules: [rule('users', 'email')], catalog, hashKey }))).toBe('drop_payload');
});
