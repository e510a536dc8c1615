import type { BrowserWindow } from 'electron';
import { staysOnThisMachine } from '../../contract/index.ts';
import { deskOrigin } from './window-options.ts';

type Contents = Pick<BrowserWindow['webContents'], 'on' | 'setWindowOpenHandler' | 'session'>;

/** Shuts every way out of the page: other pages, new windows, frames, permissions, downloads of anything but our own. */
export function confine(contents: Contents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.session.setPermissionRequestHandler((_contents, permission, answer) => answer(mayHave(permission)));
  contents.session.setPermissionCheckHandler((_contents, permission) => mayHave(permission));
  contents.session.setDevicePermissionHandler(() => false);
}

/** Copying an agent's address is the one thing the page needs a permission for. */
function mayHave(permission: string): boolean {
  return permission === 'clipboard-sanitized-write';
}

/** Address of the desk, at one approval request when an id is given. */
export function deskUrl(approvalId?: string): string {
  return approvalId === undefined ? `${deskOrigin}/` : `${deskOrigin}/#/approvals/${encodeURIComponent(approvalId)}`;
}

/** True for what a browser opens as a page: https, or http on the machine itself. */
export function isWebAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && staysOnThisMachine(hostname.replace(/^\[|\]$/g, '')));
}
