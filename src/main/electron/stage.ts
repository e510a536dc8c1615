import { createFrontDesk, type FrontDesk } from '../desk/front-desk.ts';
import { deskUrl } from './desk-window.ts';

/** What of a BrowserWindow the stage uses. */
interface StageWindow {
  loadURL(url: string): Promise<unknown>;
  show(): void;
  focus(): void;
}

/** The one window, and whichever desk it shows: the one of a doubted seal, or the gate's. */
export interface Stage<W extends StageWindow> {
  /** Null while it is closed. */
  readonly window: W | null;
  /** Puts this desk on; a window that is open stays and shows it from now on. */
  show(desk: Parameters<FrontDesk['show']>[0]): void;
  /** Opens the window, or brings it to the front, at one approval request when an id is given. Nothing before the first `show`. */
  open(approvalId?: string): void;
}

/** `create` makes a window whose page talks to `desk`, and calls `closed` when it is gone. */
export function createStage<W extends StageWindow>(
  create: (desk: Pick<FrontDesk, 'attach'>, closed: () => void) => W,
): Stage<W> {
  let front: FrontDesk | null = null;
  let window: W | null = null;
  return {
    get window() {
      return window;
    },
    show(desk) {
      if (front === null) front = createFrontDesk(desk);
      else front.show(desk);
    },
    open(approvalId) {
      if (front === null) return;
      window ??= create(front, () => {
        window = null;
      });
      void window.loadURL(deskUrl(approvalId));
      window.show();
      window.focus();
    },
  };
}
