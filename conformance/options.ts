import { parseArgs } from 'node:util';
import { suiteNames } from './suites.ts';

/** Versions of PostgreSQL that the suites run against: Debian's own, and the one embedded for tests and demo. */
export const serverVersions = ['15', '18'] as const;
export type ServerVersion = (typeof serverVersions)[number];

/** What a run was asked for. */
export interface Options {
  readonly suites: readonly string[];
  readonly servers: readonly ServerVersion[];
  /** Where the table's facts go as JSON. */
  readonly json: string;
}

export const usage = `npm run conformance -- [--only SUITE,…] [--server 15|18] [--json FILE]
  suites: ${suiteNames.join(', ')}
  POSTERN_CONFORMANCE  folder of the kit (default ../shared/conformance)
  WORK                 folder it works in (default /var/tmp/conformance); a gigabyte or two`;

/** Reads the arguments. Throws an Error that names what is not understood. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, server: { type: 'string' }, json: { type: 'string' } },
  });
  const list = (text: string | undefined): string[] | undefined => text?.split(',').filter((part) => part !== '');
  return {
    suites: known('suite', list(values.only), suiteNames),
    servers: known('server', list(values.server), serverVersions),
    json: values.json ?? 'conformance-result.json',
  };
}

/** In the order of `all`, since a suite may use what an earlier one left. */
function known<T extends string>(what: string, wanted: readonly string[] | undefined, all: readonly T[]): readonly T[] {
  const stranger = wanted?.find((name) => !(all as readonly string[]).includes(name));
  if (stranger !== undefined) throw new Error(`There is no ${what} "${stranger}". Choose from: ${all.join(', ')}.`);
  return all.filter((name) => wanted?.includes(name) ?? true);
}
