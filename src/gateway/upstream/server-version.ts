import { describeAddress, UpstreamError } from './error.ts';
import type { UpstreamTarget } from './types.ts';

/** Major versions of PostgreSQL that the integration tests are run on: `npm run versions`, and `npm test` for the newest. */
export const supported = { oldest: 13, newest: 18 } as const;

/** Those of them that get no fixes any more, and since when (postgresql.org/support/versioning). */
const endOfLife: Readonly<Record<number, string>> = { 13: 'November 2025' };

/**
 * What the operator should know of a server by its ParameterStatus `server_version` (`18.6 (Debian …)`, `19devel`): a sentence,
 * or null where there is nothing to say. `newer` is a version that the grammar here is older than.
 */
export function versionWarning(serverVersion: string): { readonly newer: boolean; readonly message: string } | null {
  const major = majorOf(serverVersion);
  if (major === null)
    return {
      newer: false,
      message: `The server does not tell its version: Postern was tested with PostgreSQL ${supported.oldest} to ${supported.newest}.`,
    };
  if (major > supported.newest) {
    const message = `PostgreSQL ${major} is newer than what Postern was tested with (${supported.oldest} to ${supported.newest}): it may read a statement otherwise than Postern does.`;
    return { newer: true, message };
  }
  const end = endOfLife[major];
  return end === undefined
    ? null
    : {
        newer: false,
        message: `PostgreSQL ${major} has had no fixes since ${end}, not even for what endangers its data. Update it.`,
      };
}

/**
 * Throws UpstreamError `server_too_old` for a version below those that are tested: the catalog is read by queries that such a
 * server does not take, and its statements by a grammar that nobody compared. A server that tells no version is not refused.
 */
export function refuseOldServer(parameters: ReadonlyMap<string, string>, target: UpstreamTarget): void {
  const serverVersion = parameters.get('server_version') ?? '';
  const major = majorOf(serverVersion);
  if (major === null || major >= supported.oldest) return;
  throw new UpstreamError('server_too_old', {
    message: `the server at ${describeAddress(target)} is PostgreSQL ${serverVersion}, and Postern works with ${supported.oldest} and newer`,
    hint: `Update the server to PostgreSQL ${supported.oldest} or newer; ${supported.newest} is best.`,
  });
}

const majorOf = (serverVersion: string): number | null => {
  const major = Number.parseInt(serverVersion, 10);
  return Number.isNaN(major) ? null : major;
};
