import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the installed package lies and what it says of itself. */
export interface PackageRoot {
  readonly folder: string;
  readonly version: string;
  readonly resources: string;
  /** The built desk (out/renderer). */
  readonly page: string;
}

/**
 * Finds Postern's own package.json from a file of ours upwards: the source, the bundle and its shared chunks lie at
 * different depths. Throws when there is none, which would be a broken installation.
 */
export function packageRoot(from: string): PackageRoot {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown };
      if (name === 'postern' && typeof version === 'string') {
        return { folder, version, resources: join(folder, 'resources'), page: join(folder, 'out', 'renderer') };
      }
    }
    if (dirname(folder) === folder)
      throw new Error(`Postern's package.json was not found above ${from}: reinstall Postern.`);
  }
}
