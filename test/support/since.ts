import { inject, type TestFunction, test } from 'vitest';

/** Major version of the run's server: 18, or what `npm run versions` runs the tests on. */
export const serverMajor = (): number => inject('postgres').major;

/** Ends the name of a test that says nothing about the server it would have run on; `npm run versions` counts by it. */
const notApplicable = (reason: string): string => ` [not applicable: ${reason}]`;

type Register = (name: string, body: TestFunction, timeoutMs?: number) => void;

/** `test` for what PostgreSQL has from a major version on. On an older server it is reported as skipped, and why. */
export const since = (major: number): Register => registerIf(serverMajor() >= major, `PostgreSQL ${major} and newer`);

const registerIf =
  (applies: boolean, reason: string): Register =>
  (name, body, timeoutMs) =>
    applies ? test(name, body, timeoutMs) : test.skip(`${name}${notApplicable(reason)}`, body);
