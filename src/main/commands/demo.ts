import { runDemo } from '../demo/run.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

/** `postern demo`: the scripted session. Its things lie in a folder of their own, kept for looking at afterwards. */
export function demoCommand(
  options: { readonly keepIn: string | undefined },
  environment: CommandEnvironment,
): Promise<ExitCode> {
  return runDemo({
    keepIn: options.keepIn,
    root: environment.root,
    print: environment.print,
    colour: environment.colour,
  });
}
