import { decodeRowDescription } from '../../src/gateway/wire/decode-backend.ts';
import fc from '../support/property.ts';
import type { RawClient } from '../support/raw-client.ts';

/** One message (or a few that belong together) of a script; `say` is how a failure shows it. */
export interface Line {
  readonly say: string;
  readonly bytes: Buffer;
  /** What the client does before it sends on. */
  readonly then: 'go on' | 'turn' | 'listen' | 'deaf';
}

export const line = (say: string, then: Line['then'], ...frames: readonly Buffer[]): Line =>
  Object.defineProperty({ say, then, bytes: Buffer.concat(frames) }, fc.toStringMethod, {
    value: () => (then === 'go on' ? say : `${say} [${then}]`),
  });

/** How the bytes are cut: as one write, a write per message, or pieces of these sizes. */
export type Cutting = 'whole' | 'messages' | readonly number[];

export interface Script {
  readonly lines: readonly Line[];
  readonly cutting: Cutting;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** A few milliseconds, for the server to act: the script is about what happens when it had, and when it had not. */
const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3));

/** Sends a script as it says, while the answers gather in the client. */
export async function send(client: RawClient, { lines, cutting }: Script): Promise<void> {
  let waiting: Buffer[] = [];
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    if (bytes.length === 0) return;
    if (typeof cutting === 'string') {
      client.socket.write(bytes);
      return;
    }
    for (let offset = 0, piece = 0; offset < bytes.length; piece += 1) {
      const size = cutting[piece % cutting.length] ?? 1;
      client.socket.write(bytes.subarray(offset, offset + size));
      offset += size;
      await turn();
    }
  };
  for (const { bytes, then } of lines) {
    if (then === 'deaf') client.socket.pause();
    waiting.push(bytes);
    if (cutting !== 'whole' || then !== 'go on') await flush();
    if (then === 'turn') await turn();
    if (then === 'listen' || then === 'deaf') await moment();
    if (then === 'deaf') client.socket.resume();
  }
  await flush();
}

export class Hang extends Error {}

/** Everything until the other side closes; rejects with Hang, and what came so far, when it does not within `timeoutMs`. */
export function restOf(client: RawClient, timeoutMs = 10_000): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  const rest = async (): Promise<Buffer[]> => {
    for (let frame = await client.next(); frame !== null; frame = await client.next()) frames.push(frame);
    return frames;
  };
  return new Promise((resolve, reject) => {
    const heard = (): string => shown(frames).slice(-6).map(short).join('\n    ');
    const timer = setTimeout(() => reject(new Hang(`no end after ${timeoutMs} ms; last:\n    ${heard()}`)), timeoutMs);
    rest().then((all) => {
      clearTimeout(timer);
      resolve(all);
    }, reject);
  });
}

/**
 * Messages as text that is equal exactly when the messages are, but for what may differ between two sessions: the process
 * id of a notification and the OIDs of tables made meanwhile.
 */
export function shown(frames: readonly Buffer[]): string[] {
  return frames.map((frame) => {
    const kind = String.fromCharCode(frame[0] ?? 0);
    if (kind === 'A') return `A ${frame.toString('latin1', 9)}`;
    if (kind === 'T') {
      const fields = decodeRowDescription(frame).map((field) => ({
        ...field,
        tableOid: Math.min(field.tableOid, 16_384),
      }));
      return `T ${fields.map((field) => Object.values(field).join(':')).join(', ')}`;
    }
    return `${kind} ${frame.toString('latin1', 5)}`;
  });
}

const closed = 'closed with 08P01';

/**
 * Where a connection is closed for a fault of the client, only the class of the last words must be equal: a FATAL of 08P01.
 * The gate says in one message what the server says in two.
 */
function untilClosed(frames: readonly string[]): string[] {
  const first = frames.findIndex((text) => text.startsWith('E ') && text.includes('\0C08P01\0'));
  return first < 0 ? [...frames] : [...frames.slice(0, first), closed];
}

/** Where the gate's answers differ from the server's, as a text for people; null when no client could tell them apart. */
export function difference(server: readonly string[], gate: readonly string[]): string | null {
  const [expected, got] = [untilClosed(server), untilClosed(gate)];
  // A server that closes with bytes unread resets the connection, and its last messages may be lost on the way.
  const cutShort = got.at(-1) === closed && expected.length < got.length;
  return firstDifference(expected, cutShort ? got.slice(0, expected.length) : got);
}

/** The first place where two streams differ, with what came before it; null when they are equal. */
function firstDifference(expected: readonly string[], got: readonly string[]): string | null {
  const length = Math.max(expected.length, got.length);
  for (let index = 0; index < length; index += 1) {
    if (expected[index] === got[index]) continue;
    const before = expected.slice(Math.max(0, index - 6), index).map(short);
    return [
      `message ${index} differs:`,
      ...before.map((text) => `    ${text}`),
      `  server: ${short(expected[index])}`,
      `  gate:   ${short(got[index])}`,
    ].join('\n');
  }
  return null;
}

const short = (text: string | undefined): string =>
  text === undefined ? '(nothing)' : JSON.stringify(text.slice(0, 200));
