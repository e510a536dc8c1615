/**
 * Node opens its debugger, to any program of the machine, when it gets SIGUSR1; whoever attaches reads every password in
 * memory and can decide in the operator's place. A listener takes the place of that. On Windows there is no such signal.
 */
export function refuseDebugger(): void {
  if (process.platform === 'win32') return;
  process.on('SIGUSR1', () => process.stderr.write('postern: SIGUSR1 was ignored: no debugger is opened\n'));
}
