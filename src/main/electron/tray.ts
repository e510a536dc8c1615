import type { Menu, MenuItemConstructorOptions, Tray } from 'electron';
import { type TrayAction, type TrayItem, type TrayState, trayMenu, trayTitle } from './tray-menu.ts';

export interface TrayPorts {
  readonly createTray: () => Pick<Tray, 'setContextMenu' | 'setToolTip' | 'setTitle' | 'on' | 'destroy'>;
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => Menu;
  readonly act: (action: TrayAction) => void;
  readonly platform: NodeJS.Platform;
}

/** The tray. `show` is its only way to change: it renders the whole state. */
export interface DeskTray {
  show(state: TrayState): void;
  destroy(): void;
}

export function createDeskTray({ createTray, buildMenu, act, platform }: TrayPorts): DeskTray {
  const tray = createTray();
  // Linux may never send it (electronjs.org/docs/latest/api/tray): the menu has the same way in.
  tray.on('click', () => act({ do: 'open' }));
  return {
    show(state) {
      tray.setToolTip(trayTitle(state));
      if (platform === 'darwin') tray.setTitle(state.pending.length === 0 ? '' : String(state.pending.length));
      // On Linux a menu must be set again after each change.
      tray.setContextMenu(buildMenu(trayMenu(state).map((item) => template(item, act))));
    },
    destroy: () => tray.destroy(),
  };
}

function template(item: TrayItem, act: TrayPorts['act']): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'separator':
      return { type: 'separator' };
    case 'words':
      return { label: item.label, enabled: false };
    case 'action':
      return { label: item.label, click: () => act(item.action) };
  }
}
