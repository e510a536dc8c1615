import { describe, expect, test } from 'vitest';
import { refusedAtStart } from '../../../src/gateway/policy/startup-settings.ts';

const restricted = (parameters: Readonly<Record<string, string>>, preset: 'production' | 'observe' = 'production') =>
  refusedAtStart(new Map(Object.entries({ user: 'u', database: 'd', ...parameters })), preset);

describe('what a session may not begin with', () => {
  test.each([
    [{ role: 'app_owner' }, ['role']],
    [{ Session_Replication_Role: 'replica' }, ['session_replication_role']],
    [{ row_security: 'off' }, ['row_security']],
    [{ options: '-c role=app_owner' }, ['role']],
    [{ options: '-crole=app_owner' }, ['role']],
    [{ options: '-ecrole=app_owner' }, ['role']],
    [{ options: '--row-security=off' }, ['row_security']],
    [{ options: '-- row_security=off' }, ['row_security']],
    [{ options: '-c\tgeqo=off\n-c ROLE=x' }, ['role']],
    [{ options: '-c r\\ole=x' }, ['role']],
    [{ options: '-c application_name=a\\ b -c zero_damaged_pages=on' }, ['zero_damaged_pages']],
    [{ options: '-O' }, ['allow_system_table_mods']],
    [{ options: '-eP -S 4096' }, ['ignore_system_indexes']],
    [{ options: 'word -c local_preload_libraries=x' }, ['local_preload_libraries']],
    [{ options: '-c app.tenant=2' }, ['app.tenant']],
    [{ 'request.jwt.claims': '{}' }, ['request.jwt.claims']],
    [{ synchronous_commit: 'off' }, ['synchronous_commit']],
    [{ options: '-c work_mem=2000GB --log-statement=none' }, ['work_mem', 'log_statement']],
    [
      { options: '-d 5 -s -tpa -W 9' },
      ['log_min_messages', 'log_statement_stats', 'log_parser_stats', 'post_auth_delay'],
    ],
    [{ options: '-S 2000000000' }, ['work_mem']],
    [{ options: '-S -c role=x' }, ['work_mem']], // the server reads -c as the argument of -S, and refuses role=x
  ])('%j: %j', (parameters, names) => {
    expect(restricted(parameters)).toEqual(names);
  });

  test('and what clients do send', () => {
    const sent = {
      application_name: 'psql',
      client_encoding: 'SJIS',
      DateStyle: 'ISO',
      extra_float_digits: '2',
      row_security: 'on',
      options:
        '-c search_path=app -c statement_timeout=5s --standard-conforming-strings=off --work-mem=64MB -c jit=off',
    };
    expect(restricted(sent)).toEqual([]);
  });

  test('is anything under observe, which blocks nothing', () => {
    expect(restricted({ role: 'app_owner' }, 'observe')).toEqual([]);
  });
});
