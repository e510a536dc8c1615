import { decodeFields } from '../../src/gateway/wire/decode-backend.ts';
import * as encode from '../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../src/gateway/wire/message-builder.ts';
import { type RawAddress, RawClient } from '../support/raw-client.ts';

/** A message of a step, by its letter and what it takes (the format is described in the corpus itself). */
type PipeMessage = readonly [string, ...unknown[]];

/** One thing that a case does, on one of its connections. */
interface Step {
  /** Which connection; 0 when absent. */
  readonly c?: number;
  readonly q?: string;
  readonly qhex?: string;
  readonly copyIn?: string;
  readonly pipe?: readonly PipeMessage[];
  readonly connect?: {
    readonly params?: Readonly<Record<string, string>>;
    readonly user?: string;
    readonly password?: string;
  };
  /** What somebody else does meanwhile, at the server itself. */
  readonly admin?: string;
  /** Milliseconds. */
  readonly wait?: number;
}

export interface MaskCase {
  readonly id: string;
  readonly leaks: 'value' | 'oracle' | 'write';
  readonly protocol: string;
  readonly sql?: string;
  readonly params?: readonly (string | null)[];
  readonly rfmt?: readonly number[];
  readonly steps?: readonly Step[];
  readonly role?: string;
  readonly setup?: readonly string[];
  readonly teardown?: readonly string[];
  readonly oracle?: {
    readonly channel: string;
    readonly a: readonly Step[];
    readonly b: readonly Step[];
    readonly bsetup?: readonly string[];
  };
  readonly verify?: { readonly sql: string; readonly expect: string };
  /** It shows no value; it is there to be held for another reason. */
  readonly control?: boolean;
  readonly minPg?: number;
  readonly maxPg?: number;
}

/** The steps of a case that is given as one text. */
export const stepsOf = ({ steps, protocol, sql = '', params = [], rfmt = [] }: MaskCase): readonly Step[] => {
  if (steps !== undefined) return steps;
  if (protocol !== 'extended') return [{ q: sql }];
  return [{ pipe: [['P', '', sql], ['B', '', '', params, rfmt], ['D', 'P', ''], ['E', '', 0], ['S']] }];
};

/** How long nothing may come before a step counts as answered, where nothing else says so, in milliseconds. */
const quietMs = 150;
const longestMs = 10_000;

/** Sends the steps of a case and returns all that came back, in lines that are equal when an agent could not tell two runs apart. */
export async function play(
  steps: readonly Step[],
  address: RawAddress,
  other: (user: string) => RawAddress,
  admin: (sql: string) => Promise<unknown>,
): Promise<string> {
  const clients = new Map<number, RawClient>();
  const heard: string[] = [];
  const listen = async (
    client: RawClient,
    until: (frames: readonly Buffer[]) => boolean,
    quiet: number | null,
  ): Promise<void> => {
    heard.push(...(await collect(client, until, quiet)).flatMap(shown));
  };
  const open = async (number: number, to: RawAddress, parameters: Readonly<Record<string, string>>): Promise<void> => {
    try {
      clients.set(number, await RawClient.logIn(to, parameters));
    } catch (error) {
      heard.push(`refused ${String(error)}`);
    }
  };
  for (const step of steps) {
    const number = step.c ?? 0;
    if (step.connect !== undefined) {
      await open(
        number,
        step.connect.user === undefined ? address : other(step.connect.user),
        step.connect.params ?? {},
      );
    } else if (step.wait !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, step.wait));
    } else if (step.admin !== undefined) {
      await admin(step.admin);
    } else {
      if (!clients.has(number)) await open(number, address, {});
      const client = clients.get(number);
      if (client === undefined) continue;
      const { frames, syncs } = messagesOf(step);
      client.send(...frames);
      if (syncs === 0) await listen(client, () => false, quietMs);
      else
        await listen(
          client,
          (seen) => count(seen, 'Z') >= syncs || seen.some((frame) => 'GW'.includes(letter(frame))),
          null,
        );
    }
  }
  for (const client of clients.values()) {
    await listen(client, () => false, 30);
    client.close();
  }
  return heard.join('\n');
}

function messagesOf(step: Step): { frames: readonly Buffer[]; syncs: number } {
  if (step.q !== undefined) return { frames: [encode.query(step.q)], syncs: 1 };
  if (step.qhex !== undefined) {
    return { frames: [raw('Q').bytes(Buffer.from(step.qhex, 'hex')).bytes(Buffer.alloc(1)).build()], syncs: 1 };
  }
  if (step.copyIn !== undefined) {
    return { frames: [raw('d').bytes(Buffer.from(step.copyIn)).build(), raw('c').build()], syncs: 1 };
  }
  const frames = (step.pipe ?? []).map(messageOf);
  return { frames, syncs: (step.pipe ?? []).filter(([kind]) => 'SQF'.includes(kind)).length };
}

const raw = (kind: string): MessageBuilder => new MessageBuilder(kind.charCodeAt(0));

function messageOf([kind, ...given]: PipeMessage): Buffer {
  const text = (at: number): string => String(given[at] ?? '');
  const list = <T>(at: number): readonly T[] => (Array.isArray(given[at]) ? (given[at] as T[]) : []);
  switch (kind) {
    case 'P':
      return encode.parse(text(0), text(1), list<number>(2));
    case 'PT':
      return raw('P')
        .bytes(Buffer.from(`${text(0)}\0`))
        .bytes(Buffer.from(text(1), 'hex'))
        .bytes(Buffer.alloc(1))
        .int16(0)
        .build();
    case 'B': {
      const values = list<string | null>(2).map((value) => (value === null ? null : Buffer.from(String(value))));
      const message = raw('B').bytes(Buffer.from(`${text(0)}\0${text(1)}\0`));
      const parameterFormats = list<number>(4);
      message.int16(parameterFormats.length);
      for (const format of parameterFormats) message.int16(format);
      message.int16(values.length);
      for (const value of values) {
        message.int32(value === null ? -1 : value.length);
        if (value !== null) message.bytes(value);
      }
      const resultFormats = list<number>(3);
      message.int16(resultFormats.length);
      for (const format of resultFormats) message.int16(format);
      return message.build();
    }
    case 'D':
      return encode.describe(given[0] === 'S' ? 'S' : 'P', text(1));
    case 'E':
      return encode.execute(text(0), Number(given[1] ?? 0));
    case 'C':
      return encode.close(given[0] === 'S' ? 'S' : 'P', text(1));
    case 'S':
      return encode.sync();
    case 'H':
      return encode.flush();
    case 'Q':
      return encode.query(text(0));
    case 'F': {
      const values = list<string>(1).map((value) => Buffer.from(value));
      const formats = list<number>(2);
      const message = raw('F').int32(Number(given[0])).int16(formats.length);
      for (const format of formats) message.int16(format);
      message.int16(values.length);
      for (const value of values) message.int32(value.length).bytes(value);
      return message.int16(Number(given[3] ?? 0)).build();
    }
    case 'X':
      return Buffer.from(text(0), 'hex');
    default:
      throw new Error(`the corpus has a message ${kind}`);
  }
}

const letter = (frame: Buffer): string => String.fromCharCode(frame[0] ?? 0);
const count = (frames: readonly Buffer[], kind: string): number =>
  frames.filter((frame) => letter(frame) === kind).length;

/** Messages until enough of them came, the connection ended, or nothing came for `quiet` milliseconds. */
async function collect(
  client: RawClient,
  enough: (frames: readonly Buffer[]) => boolean,
  quiet: number | null,
): Promise<readonly Buffer[]> {
  const frames: Buffer[] = [];
  const end = performance.now() + longestMs;
  while (!enough(frames) && performance.now() < end) {
    const frame = await client.nextWithin(quiet ?? end - performance.now());
    if (frame === null) break;
    frames.push(frame);
  }
  return frames;
}

/** What an agent sees of a message; what differs from run to run by its nature is left out. */
function shown(frame: Buffer): string[] {
  const kind = letter(frame);
  if (kind === 'K' || kind === 'R') return [];
  if (kind !== 'E' && kind !== 'N') return [`${kind} ${frame.toString('latin1', 5)}`];
  const fields = decodeFields(frame);
  return [
    `${kind} ${['S', 'C', 'M', 'D', 'H', 'W', 's', 't', 'c', 'd', 'n'].map((field) => fields[field] ?? '').join('|')}`,
  ];
}
