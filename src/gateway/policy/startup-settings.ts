import type { PolicyPreset } from '../../contract/index.ts';
import type { SettingChange } from '../sql/effects.ts';
import { settingClass } from './settings.ts';

/** Known from the first message on, and texts are judged by them: they need not be what a SET in mid-session must leave them at. */
const READ_AT_START = new Set(['client_encoding', 'standard_conforming_strings']);

/**
 * The settings of a start-up packet, by its parameters, that every preset but `observe` would block or ask about as a SET:
 * whoever may not say `SET ROLE` may not begin as another role either, and nobody can be asked before there is a session.
 * Lower case.
 */
export function refusedAtStart(parameters: ReadonlyMap<string, string>, preset: PolicyPreset): readonly string[] {
  if (preset === 'observe') return [];
  const named = [...parameters].filter(([name]) => !['user', 'database', 'replication', 'options'].includes(name));
  return [...named, ...settingsIn(parameters.get('options') ?? '')]
    .map(([name, value]): SettingChange => ({ name: name.toLowerCase(), source: 'constant', value }))
    .filter((change) => !READ_AT_START.has(change.name) && settingClass(change) !== 'ordinary')
    .map(({ name }) => name);
}

/** Switches of `postgres` that take an argument, and those that set something no session needs (tcop/postgres.c, process_postgres_switches). */
const TAKES_ARGUMENT = 'BcCdDfhkNprStvW-';
const SETS: Readonly<Record<string, string>> = {
  O: 'allow_system_table_mods',
  P: 'ignore_system_indexes',
  W: 'post_auth_delay',
  d: 'log_min_messages',
  s: 'log_statement_stats',
  t: 'log_parser_stats',
};

/** Settings in the command-line options of a start-up packet: `-c name=value`, `--name=value`, and switches that stand for one. */
function settingsIn(options: string): readonly (readonly [name: string, value: string])[] {
  const words = splitOptions(options);
  const settings: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    // Several switches may stand in one word, the last of them with its argument behind it or in the next word.
    for (let position = 1; word.startsWith('-') && position < word.length; position += 1) {
      const letter = word.charAt(position);
      const set = SETS[letter];
      if (set !== undefined) settings.push([set, 'on']);
      if (!TAKES_ARGUMENT.includes(letter)) continue;
      const rest = word.slice(position + 1);
      if (rest === '') at += 1;
      const argument = rest === '' ? (words[at] ?? '') : rest;
      if (letter === 'c' || letter === '-') settings.push(asSetting(argument));
      if (letter === 'S') settings.push(['work_mem', argument]);
      break;
    }
  }
  return settings;
}

/** `name=value`, with `-` in the name read as `_` (ParseLongOption). */
function asSetting(argument: string): readonly [name: string, value: string] {
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument : argument.slice(0, equals);
  return [name.replaceAll('-', '_'), equals < 0 ? '' : argument.slice(equals + 1)];
}

/** Words between white space; a backslash takes the next character as it is (pg_split_opts). */
function splitOptions(options: string): readonly string[] {
  const words = options.match(/(?:\\[\s\S]|[^\s\\]|\\$)+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\([\s\S])/g, '$1'));
}
