import type { Problems } from './problems.ts';
import { versionWarning } from './upstream/server-version.ts';

/** A session reached a server of this version: shows the operator one that is newer than those that were tested. */
export function noteVersion(
  connection: string,
  serverVersion: string,
  problems: Pick<Problems, 'raise' | 'solve'>,
): void {
  const code = `server_version.${connection}`;
  const warning = versionWarning(serverVersion);
  if (warning?.newer !== true) return problems.solve(code);
  const hint = 'Update Postern, or work on with a read-only account until there is a version that knows this server.';
  problems.raise({ code, message: `${connection}: ${warning.message}`, hint });
}
