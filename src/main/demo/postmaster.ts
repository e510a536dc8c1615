import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How often the pid file is looked at, and how long at most. Milliseconds. */
const lookEvery = 50;
const lookFor = 15_000;

/** What a running server says of itself in `postmaster.pid`: its process on line 1, its port on line 4. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** The server that holds a cluster, as its pid file says; null when there is none. */
export function postmasterOf(cluster: string): Postmaster | null {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    const port = Number(lines[3]);
    return pid > 1 && port > 0 ? { pid, port } : null;
  } catch {
    return null;
  }
}

/** Resolves when the server of a cluster has ended: it removes its pid file last. Rejects when it does not within 15 s. */
export async function untilEnded(cluster: string, signal?: AbortSignal): Promise<void> {
  for (let waited = 0; existsSync(join(cluster, 'postmaster.pid')); waited += lookEvery) {
    if (signal?.aborted === true) return;
    if (waited >= lookFor) throw new Error(`the demo database did not stop within ${lookFor / 1000} s`);
    await pause(lookEvery);
  }
}

/**
 * Ends a server that was left behind when its gate was killed. `isOurs` connects and asks whether it really serves this
 * cluster: a pid file may outlive its server, and its number may then be anybody's process.
 */
export async function endOrphan(cluster: string, isOurs: (port: number) => Promise<boolean>): Promise<void> {
  const left = postmasterOf(cluster);
  if (left === null || !(await isOurs(left.port).catch(() => false))) return;
  process.kill(left.pid, 'SIGINT'); // fast shutdown (manual, "Shutting Down the Server")
  await untilEnded(cluster);
}
