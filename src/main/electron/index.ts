import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  protocol,
  safeStorage,
  shell,
  Tray,
} from 'electron';
import { DeskError } from '../../contract/index.ts';
import { dataFolder } from '../desk/data-folder.ts';
import type { FrontDesk } from '../desk/front-desk.ts';
import { packageRoot } from '../desk/package-root.ts';
import { loadPage } from '../desk/page.ts';
import { type Installation, openInstallation } from '../installation.ts';
import { createLog } from '../log.ts';
import { refuseDebugger } from '../no-debugger.ts';
import { givenPassphrase } from '../seal/passphrase.ts';
import { createSealDesk, type SealDesk } from '../seal/seal-desk.ts';
import { answerDeskRequest } from './desk-protocol.ts';
import { confine, isWebAddress } from './desk-window.ts';
import { electronPort } from './electron-port.ts';
import { forbiddenSwitch } from './forbidden-switches.ts';
import { createKeychain } from './keychain.ts';
import { createNotifier } from './notifier.ts';
import { createSealKeychain } from './seal-keychain.ts';
import { createStage } from './stage.ts';
import { startupFault } from './startup-fault.ts';
import { createTokenToasts } from './token-toast.ts';
import { createDeskTray, type DeskTray } from './tray.ts';
import type { TrayAction } from './tray-menu.ts';
import { deskOrigin, deskScheme, windowOptions } from './window-options.ts';

process.umask(0o077);
refuseDebugger();
const root = packageRoot(import.meta.dirname);
const icon = (name: string): string => join(root.resources, 'icons', name);

const refused = app.isPackaged ? forbiddenSwitch(process.argv.slice(1)) : null;
if (refused !== null) {
  process.stderr.write(`Postern does not start with ${refused}: it would let other programs drive the desk.\n`);
  app.exit(2);
} else if (!app.requestSingleInstanceLock()) {
  app.exit(0); // the one that runs shows its window instead
} else {
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: deskScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.whenReady().then(run).catch(fail);
}

/** The composition of the desktop host; everything with a branch worth testing is in the files beside this one. */
async function run(): Promise<void> {
  const page = await loadPage(root.page);
  protocol.handle(deskScheme, (request) => answerDeskRequest(page, request));
  const stage = createStage(createWindow);
  const open = (approvalId?: string): void => stage.open(approvalId);
  app.on('second-instance', () => open());
  app.on('activate', () => open());
  const folder = dataFolder(process.platform, process.env, homedir());
  const installation = await openInstallation({
    host: 'electron',
    folder,
    keychain: createKeychain({ safeStorage, platform: process.platform, folder: join(folder, 'sign-ins') }),
    openBrowser,
    root,
    operator: userInfo().username,
    seal: {
      keychain: await createSealKeychain(safeStorage, process.platform),
      passphrase: givenPassphrase(null, { environment: process.env, readDescriptor: () => '' }),
      ask: () => Promise.resolve(null), // the window asks
      review: (keeper) => {
        const sealDesk = createSealDesk(keeper);
        stage.show(sealDesk);
        open();
        return decided(sealDesk);
      },
    },
    log: createLog('warn'),
    progress: (what) => process.stderr.write(`${what}\n`),
  });
  stage.show(installation.desk);
  const notifications = {
    supported: () => Notification.isSupported(),
    create: (options: Electron.NotificationConstructorOptions) => new Notification(options),
  };
  const notifier = createNotifier({ ...notifications, openRequest: open });
  const tellOfTokens = createTokenToasts(notifications, open, () => stage.window?.flashFrame(true));
  installation.tokenRequests.onChange(() => tellOfTokens(installation.tokenRequests.list()));
  const tray = createDeskTray({
    createTray: () => new Tray(trayImage()),
    buildMenu: (template) => Menu.buildFromTemplate(template),
    act: (action) => act(action, open),
    platform: process.platform,
  });
  follow(installation, tray, (request) => {
    const result = notifier.changed(request);
    // Without a toast the window itself asks for attention.
    if (request.state === 'pending' && result !== 'shown') stage.window?.flashFrame(true);
  });

  app.on('window-all-closed', () => undefined); // the gate stays open; the tray leads back
  let closing = false;
  app.on('before-quit', (event) => {
    if (closing) return;
    closing = true;
    event.preventDefault();
    notifier.closeAll();
    // Stopping the gate withdraws what waits: nothing pending outlives the desk that would answer it.
    installation.stop('Postern was closed').then(
      () => app.quit(),
      (error: unknown) => fail(error),
    );
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  if (stage.window === null) open();
}

/** The operator's decision about the seal. Closing the window, or a signal, is none: then Postern ends. */
function decided(sealDesk: SealDesk): Promise<void> {
  const quit = (): void => sealDesk.quit();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  app.on('window-all-closed', quit);
  for (const signal of signals) process.on(signal, quit);
  return sealDesk.settled.finally(() => {
    app.off('window-all-closed', quit);
    for (const signal of signals) process.off(signal, quit);
  });
}

function createWindow(desk: Pick<FrontDesk, 'attach'>, closed: () => void): BrowserWindow {
  const window = new BrowserWindow(windowOptions(join(root.folder, 'out', 'preload', 'index.cjs'), icon('icon.png')));
  confine(window.webContents);
  desk.attach(electronPort(ipcMain, window.webContents, deskOrigin));
  window.once('closed', closed);
  return window;
}

/** Keeps the tray true: after every event it is drawn from the facts, not from the event. */
function follow(
  installation: Installation,
  tray: DeskTray,
  changed: Parameters<Installation['gateway']['approvals']['onChange']>[0],
): void {
  const { desk, gateway } = installation;
  const draw = (): void => {
    desk.handlers['desk.overview']({}).then(
      ({ addresses, problems }) => tray.show({ pending: gateway.approvals.list().pending, addresses, problems }),
      (error: unknown) => process.stderr.write(`the tray was not drawn: ${String(error)}\n`),
    );
  };
  gateway.on('approval.changed', (request) => {
    changed(request);
    draw();
  });
  gateway.on('overview.changed', draw);
  draw();
}

function act(action: TrayAction, open: (approvalId?: string) => void): void {
  switch (action.do) {
    case 'open':
      return open();
    case 'open_request':
      return open(action.id);
    case 'copy':
      return void clipboard.writeText(action.text);
    case 'quit':
      return app.quit();
  }
}

/** Where to sign in is an address of a configured provider's metadata: only web pages are opened, never a file or a program. */
function openBrowser(url: string): boolean {
  if (!isWebAddress(url)) return false;
  shell.openExternal(url).catch((error: unknown) => {
    process.stderr.write(`the browser was not opened: ${String(error)}\n`);
  });
  return true;
}

function trayImage() {
  if (process.platform !== 'darwin') return nativeImage.createFromPath(icon('tray.png'));
  const image = nativeImage.createFromPath(icon('trayTemplate.png'));
  image.setTemplateImage(true);
  return image;
}

function fail(error: unknown): void {
  if (error instanceof DeskError && error.code === 'seal_quit') return app.exit(0); // as the operator wished
  const { title, text } = startupFault(error);
  process.stderr.write(`${title}: ${text}\n`);
  dialog.showErrorBox(title, text);
  app.exit(1);
}
