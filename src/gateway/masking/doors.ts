import type { MaskingProfile } from './types.ts';

/** What becomes of a NotificationResponse: any session's NOTIFY may carry a row, so on a masked connection its payload is dropped. */
export function scrubNotification(profile: MaskingProfile): 'forward' | 'drop_payload' {
  return profile.active ? 'drop_payload' : 'forward';
}

/** Parameters that no statement can fill with a value of its choice (manual, "Asynchronous Operations"). */
const reported = new Set([
  'DateStyle',
  'IntervalStyle',
  'client_encoding',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'is_superuser',
  'scram_iterations',
  'server_encoding',
  'server_version',
  'session_authorization',
  'standard_conforming_strings',
]);

/**
 * Whether a ParameterStatus may reach an agent on a masked connection after start-up. `application_name`, `search_path`
 * and made-up parameters can carry any text; `TimeZone` passes when it is a zone of the IANA list or a plain offset.
 */
export function parameterStatusAllowed(name: string, value = ''): boolean {
  if (name === 'TimeZone') return isTimeZone(value);
  return reported.has(name);
}

function isTimeZone(value: string): boolean {
  if (/^<[+-]\d{2}(?::?\d{2})?>[+-]\d{1,2}(?::\d{2})?$/.test(value)) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
