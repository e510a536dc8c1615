import type { Socket } from 'node:net';

/** The client went away, or took too long, before its start-up was complete. Nothing is owed to it. */
export class ClientGone extends Error {}

/** It took too long: it was still there when its time was over. */
export class StartupTooSlow extends ClientGone {}

/** Reads a socket chunk by chunk while start-up lasts; afterwards the socket is paused and free of our listeners. */
export class StartupReader {
  readonly #socket: Socket;
  readonly #deadline: AbortSignal;

  constructor(socket: Socket, deadline: AbortSignal) {
    this.#socket = socket;
    this.#deadline = deadline;
  }

  read(): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        socket.pause();
        socket.off('data', onData).off('end', onGone).off('close', onGone).off('error', onGone);
        this.#deadline.removeEventListener('abort', onLate);
        finish();
      };
      const onData = (chunk: Buffer): void => done(() => resolve(chunk));
      const onGone = (): void => done(() => reject(new ClientGone('the client closed the connection during start-up')));
      const onLate = (): void => done(() => reject(new StartupTooSlow('the client did not finish start-up in time')));
      if (this.#deadline.aborted) return onLate();
      if (socket.destroyed) return onGone();
      socket.on('data', onData).on('end', onGone).on('close', onGone).on('error', onGone);
      this.#deadline.addEventListener('abort', onLate);
      socket.resume();
    });
  }
}
