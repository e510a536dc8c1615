import { z } from 'zod';
import {
  type CallInput,
  type CallName,
  type CallOutput,
  calls,
  type EventName,
  type EventPayload,
  events,
  type Handlers,
} from './calls.ts';
import { messageOf } from './common.ts';

/** Bytes out, bytes in: all that a transport is. Messages are JSON-safe values, in every transport alike. */
export interface Port {
  post(message: unknown): void;
  /** Returns a function that stops listening. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Called once when the other side is gone; returns a function that stops listening. */
  onClose(listener: () => void): () => void;
}

/** An error with a code that machines read and a message that people read. It crosses the transport whole. */
export class DeskError extends Error {
  readonly code: string;
  readonly hint: string | null;
  constructor(code: string, message: string, hint: string | null = null) {
    super(message);
    this.name = 'DeskError';
    this.code = code;
    this.hint = hint;
  }
}

const callMessage = z.object({ type: z.literal('call'), id: z.number().int(), name: z.string(), input: z.unknown() });
const answerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id: z.number().int(), value: z.unknown() }),
  z.object({
    type: z.literal('error'),
    id: z.number().int(),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  }),
  z.object({ type: z.literal('event'), name: z.string(), payload: z.unknown() }),
]);

/** Emits an event to every connected desk. */
export type Emit = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

/**
 * Serves the calls of one desk over a port until the port closes. Input and output are both checked against the table; a call
 * without a handler is refused with `gate_closed`.
 * Returns the function that sends events to this desk.
 */
export function serve(port: Port, handlers: Partial<Handlers>): Emit {
  port.onMessage((raw) => {
    const parsed = callMessage.safeParse(raw);
    if (!parsed.success) return; // not addressed to us; nothing to answer to
    const { id, name, input } = parsed.data;
    answer(name, input, handlers).then(
      (value) => port.post({ type: 'result', id, value }),
      (error: unknown) => port.post({ type: 'error', id, ...describe(error) }),
    );
  });
  return (name, payload) => port.post({ type: 'event', name, payload: events[name].parse(payload) });
}

async function answer(name: string, input: unknown, handlers: Partial<Handlers>): Promise<unknown> {
  if (!Object.hasOwn(calls, name)) throw new DeskError('unknown_call', `There is no call named ${name}.`);
  const call = name as CallName;
  const parsed = calls[call].input.safeParse(input);
  if (!parsed.success) throw new DeskError('invalid_input', z.prettifyError(parsed.error));
  const handler = handlers[call] as ((input: unknown) => Promise<unknown>) | undefined;
  if (handler === undefined) {
    throw new DeskError('gate_closed', 'The gate is closed: the seal over its settings has to be decided about first.');
  }
  return calls[call].output.parse(await handler(parsed.data));
}

function describe(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof DeskError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'internal', message: messageOf(error), hint: null };
}

/** The desk's end of a port. */
export interface Client {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
}

/** Connects to what `serve` offers on the other end. Calls that are open when the port closes reject with `disconnected`. */
export function connect(port: Port): Client {
  let nextId = 1;
  let closed = false;
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Set<(payload: never) => void>>();

  port.onMessage((raw) => {
    const parsed = answerMessage.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === 'event') {
      for (const listener of [...(listeners.get(message.name) ?? [])]) listener(message.payload as never);
      return;
    }
    const waiting = open.get(message.id);
    open.delete(message.id);
    if (message.type === 'result') waiting?.resolve(message.value);
    else waiting?.reject(new DeskError(message.code, message.message, message.hint));
  });
  port.onClose(() => {
    closed = true;
    const gone = new DeskError(
      'disconnected',
      'The connection to Postern was lost.',
      'It reconnects by itself; what you decided before stays decided.',
    );
    for (const waiting of [...open.values()]) waiting.reject(gone);
    open.clear();
  });

  return {
    call(name, input) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(new DeskError('disconnected', 'The connection to Postern was lost.'));
        const id = nextId++;
        open.set(id, { resolve: resolve as (value: unknown) => void, reject });
        port.post({ type: 'call', id, name, input });
      });
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
  };
}

/** A port that can be closed from here; the other end hears of it. */
export interface MemoryPort extends Port {
  close(): void;
}

/** Two ends in one process, joined through JSON so that nothing passes here which a WebSocket would refuse. */
export function memoryPorts(): [MemoryPort, MemoryPort] {
  const sides = [new Set<(message: unknown) => void>(), new Set<(message: unknown) => void>()] as const;
  const closing = new Set<() => void>();
  let open = true;
  const end = (mine: 0 | 1): MemoryPort => ({
    post: (message) => {
      const text = JSON.stringify(message);
      queueMicrotask(() => {
        if (open) for (const listener of [...sides[mine === 0 ? 1 : 0]]) listener(JSON.parse(text));
      });
    },
    onMessage: (listener) => {
      sides[mine].add(listener);
      return () => sides[mine].delete(listener);
    },
    onClose: (listener) => {
      closing.add(listener);
      return () => closing.delete(listener);
    },
    close: () => {
      if (!open) return;
      open = false;
      for (const listener of [...closing]) listener();
    },
  });
  return [end(0), end(1)];
}
