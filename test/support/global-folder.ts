import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** All temporary folders of a run lie in one, which goes with it. PostgreSQL runs as another user when we are root. */
export default async function setup(): Promise<() => Promise<void>> {
  // Each project of a run asks; the first makes it. Paths stay short: those of sockets end at 107 bytes.
  if (process.env.POSTERN_TEST_FOLDER !== undefined) return async () => undefined;
  const made = await mkdtemp(join(tmpdir(), 'postern-test-'));
  await chmod(made, 0o1777);
  process.env.POSTERN_TEST_FOLDER = made;
  process.env.TMPDIR = made;
  return () => rm(made, { recursive: true, force: true, maxRetries: 3 });
}
