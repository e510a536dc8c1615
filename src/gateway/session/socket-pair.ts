import type { Socket } from 'node:net';
import * as encode from '../wire/encode-frontend.ts';
import { closeClient } from './close-client.ts';

/** What a session hears of its two sockets. Throwing in a data or end handler is a fault of that side. */
export interface SocketPairEvents {
  readonly clientData: (chunk: Buffer) => void;
  /** The client will send no more. */
  readonly clientEnd: () => void;
  readonly clientGone: () => void;
  readonly upstreamData: (chunk: Buffer) => void;
  readonly upstreamGone: () => void;
  /** The upstream's socket failed; `upstreamGone` follows. */
  readonly upstreamFailed: (error: Error) => void;
  readonly fault: (side: 'client' | 'upstream', error: unknown) => void;
  /** Whether the client may be read on, as far as the session is concerned. */
  readonly clientMayGoOn: () => boolean;
}

/** The two sockets of a session: one write per batch and direction, and a slow reader on one side pauses the other. */
export class SocketPair {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #events: SocketPairEvents;

  constructor(client: Socket, upstream: Socket, events: SocketPairEvents) {
    this.#client = client;
    this.#upstream = upstream;
    this.#events = events;
  }

  /** Begins to listen. `upstreamRest` are bytes of the server that were read before. */
  start(upstreamRest: Buffer): void {
    const events = this.#events;
    this.#client.on('data', (chunk) => this.#guard('client', () => events.clientData(chunk)));
    this.#client.on('end', () => this.#guard('client', events.clientEnd));
    this.#client.on('error', () => undefined); // 'close' follows and says all there is to say
    this.#client.on('close', events.clientGone);
    this.#client.on('drain', () => this.#upstream.resume());
    this.#upstream.on('data', (chunk) => this.#guard('upstream', () => events.upstreamData(chunk)));
    this.#upstream.on('error', events.upstreamFailed);
    this.#upstream.on('close', events.upstreamGone);
    this.#upstream.on('drain', () => this.resumeClient());
    if (upstreamRest.length > 0) this.#guard('upstream', () => events.upstreamData(upstreamRest));
    this.#client.resume();
    this.#upstream.resume();
    // Either may have closed while the session was being made; 'close' does not come twice.
    if (this.#upstream.destroyed) events.upstreamGone();
    else if (this.#client.destroyed) events.clientGone();
  }

  toClient(parts: readonly Buffer[]): void {
    if (parts.length > 0 && !this.#client.destroyed && !writeAll(this.#client, parts)) this.#upstream.pause();
  }

  toUpstream(parts: readonly Buffer[]): void {
    if (!writeAll(this.#upstream, parts)) this.#client.pause();
  }

  pauseClient(): void {
    this.#client.pause();
  }

  resumeClient(): void {
    if (!this.#upstream.writableNeedDrain && this.#events.clientMayGoOn()) this.#client.resume();
  }

  /** Closes the client's side after its last words; what it still sends is read and dropped. */
  closeClient(lastWords: Buffer | null): void {
    closeClient(this.#client, lastWords);
  }

  /** Closes an upstream that is doing nothing, politely. */
  leaveUpstream(): void {
    if (this.#upstream.destroyed) return;
    this.#upstream.end(encode.terminate());
    this.#upstream.destroySoon();
  }

  cutUpstream(): void {
    this.#upstream.destroy();
  }

  /** Runs a step of the session; what it throws is a fault of that side. */
  #guard(side: 'client' | 'upstream', step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#events.fault(side, error);
    }
  }
}

/** False when the socket's buffer is full. */
function writeAll(socket: Socket, parts: readonly Buffer[]): boolean {
  if (parts.length === 1) return socket.write(parts[0] as Buffer);
  let open = true;
  socket.cork();
  for (const part of parts) open = socket.write(part);
  socket.uncork();
  return open;
}
