import type { RawData, WebSocket } from 'ws';
import type { Port } from '../../contract/index.ts';

/** Bytes that may wait for a slow console before it is dropped; it asks for everything again when it comes back. */
const unsentLimit = 64 * 1024 * 1024;

/** A contract port over one WebSocket, either end. Messages are JSON text; anything else closes the socket. */
export function webSocketPort(socket: WebSocket): Port {
  return {
    post(message) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > unsentLimit) socket.terminate();
      else socket.send(JSON.stringify(message));
    },
    onMessage(listener) {
      const receive = (data: RawData, binary: boolean): void => {
        const message = binary ? undefined : parse(data);
        if (message === undefined) socket.close(1003, 'JSON text expected');
        else listener(message);
      };
      socket.on('message', receive);
      return () => socket.off('message', receive);
    },
    onClose(listener) {
      socket.once('close', listener);
      return () => socket.off('close', listener);
    },
  };
}

function parse(data: RawData): unknown {
  try {
    return JSON.parse(data.toString()) as unknown;
  } catch {
    return undefined;
  }
}
