import type { PackageRoot } from '../desk/package-root.ts';
import type { Terminal } from '../headless/terminal.ts';

/** The world as a command sees it. */
export interface CommandEnvironment {
  readonly root: PackageRoot;
  /** Writes to standard output, as it is. */
  readonly print: (text: string) => void;
  /** Writes one line for a person to standard error. */
  readonly say: (line: string) => void;
  readonly terminal: Terminal;
  readonly variables: Record<string, string | undefined>;
  /** This user's data folder. */
  readonly dataFolder: string;
  readonly operator: string;
  readonly random: (size: number) => Buffer;
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number;
  /** Resolves with the name of the signal that asks this process to end. */
  readonly ended: () => Promise<string>;
  /** True when standard output shows colours. */
  readonly colour: boolean;
}

/** A command's exit code: 0 done, 1 a check failed or something broke, 2 bad input. */
export type ExitCode = 0 | 1 | 2;
