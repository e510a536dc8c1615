import { contextBridge, ipcRenderer } from 'electron';

/** The one channel; the main process uses the same name (main/electron/electron-port.ts). */
const channel = 'postern';

// All that the page gets of Electron. Messages are JSON text in both directions, as on every other transport.
contextBridge.exposeInMainWorld('postern', {
  post: (message: unknown): void => ipcRenderer.send(channel, JSON.stringify(message)),
  onMessage: (listener: (message: unknown) => void): (() => void) => {
    const receive = (_event: unknown, text: string): void => listener(JSON.parse(text));
    ipcRenderer.on(channel, receive);
    return () => {
      ipcRenderer.off(channel, receive);
    };
  },
});
