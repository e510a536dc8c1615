import type { BrowserWindowConstructorOptions } from 'electron';

/** The page's address: a protocol of our own, because `file:` pages may read files. */
export const deskScheme = 'postern';
export const deskOrigin = 'postern://desk';

/** Options of the one window. The page is a web page and nothing more: no Node, no shared world, its own sandbox. */
export function windowOptions(preload: string, icon: string): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 860,
    minWidth: 760,
    minHeight: 520,
    show: false,
    title: 'Postern',
    icon,
    backgroundColor: '#14161a',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    },
  };
}
