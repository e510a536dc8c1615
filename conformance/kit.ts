import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the suites are, and where they work. The kit is not part of this repository. */
export interface Kit {
  /** Folder with setup.sh, cluster.sh and run_*.sh. */
  readonly scripts: string;
  /** Folder that they fill: sources, what is built of them, servers, outputs. */
  readonly work: string;
  /** User that PostgreSQL runs as when this is root, which PostgreSQL refuses. */
  readonly user: string;
}

/** Finds the kit. Throws an Error that says what to do when it is not there. */
export function findKit(environment: NodeJS.ProcessEnv, root: string): Kit {
  const scripts = resolve(root, environment.POSTERN_CONFORMANCE ?? '../shared/conformance');
  if (!existsSync(join(scripts, 'run_all.sh'))) {
    throw new Error(
      `The conformance kit is not in ${scripts}: no run_all.sh there.\n` +
        'It is kept outside this repository. Set POSTERN_CONFORMANCE to its folder.',
    );
  }
  return {
    scripts,
    work: environment.WORK ?? '/var/tmp/conformance',
    user: environment.OSUSER ?? 'postgres',
  };
}
