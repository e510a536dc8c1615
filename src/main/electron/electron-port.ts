import type { IpcMain, IpcMainEvent, WebContents } from 'electron';
import type { Port } from '../../contract/index.ts';

/** The one channel between page and main process; the preload uses the same name. */
export const channel = 'postern';

type Ipc = Pick<IpcMain, 'on' | 'off'>;
type Contents = Pick<WebContents, 'id' | 'send' | 'isDestroyed' | 'once' | 'off'>;

/**
 * A contract port over Electron's IPC. Only the main frame of this very window, showing the desk, is heard: not another
 * window, not a frame in the page, not a page it might have been led to.
 */
export function electronPort(ipc: Ipc, contents: Contents, origin: string): Port {
  return {
    post(message) {
      // Through JSON, as on every other transport: structured clone would let pass what a WebSocket cannot carry.
      if (!contents.isDestroyed()) contents.send(channel, JSON.stringify(message));
    },
    onMessage(listener) {
      const receive = (event: IpcMainEvent, text: unknown): void => {
        const message = isDesk(event, contents.id, origin) ? parse(text) : undefined;
        if (message !== undefined) listener(message);
      };
      ipc.on(channel, receive);
      contents.once('destroyed', () => ipc.off(channel, receive));
      return () => ipc.off(channel, receive);
    },
    onClose(listener) {
      contents.once('destroyed', listener);
      return () => contents.off('destroyed', listener);
    },
  };
}

function isDesk({ sender, senderFrame }: IpcMainEvent, id: number, origin: string): boolean {
  if (sender.id !== id || senderFrame === null || senderFrame !== sender.mainFrame) return false;
  return senderFrame.url === origin || senderFrame.url.startsWith(`${origin}/`);
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
