import type { NotificationConstructorOptions } from 'electron';
import type { ApprovalRequest } from '../../contract/index.ts';
import { oneLine } from './tray-menu.ts';

/** What of Electron's Notification is used. */
export interface Toast {
  on(event: 'click' | 'close', listener: () => void): unknown;
  show(): void;
  close(): void;
}

export interface NotifierPorts {
  readonly supported: () => boolean;
  readonly create: (options: NotificationConstructorOptions) => Toast;
  /** Shows the request in the desk. A toast can do nothing else: it never decides. */
  readonly openRequest: (id: string) => void;
}

export type NotifyResult =
  | 'shown'
  | 'not_shown: not_pending'
  | 'not_shown: already_shown'
  | 'not_shown: unsupported'
  | 'not_shown: failed';

/** Tells the operator of holds. The tray and the inbox are the truth; a toast is a hint, and says why it was not given. */
export interface Notifier {
  /** Hears of every change of a request: shows a toast for a new hold, takes it away when the hold ends. */
  changed(request: ApprovalRequest): NotifyResult;
  closeAll(): void;
}

export function createNotifier({ supported, create, openRequest }: NotifierPorts): Notifier {
  const toasts = new Map<string, Toast>();
  /** Requests that a toast was made for, whether it is still there or was put away: what changes while they wait is no news. */
  const told = new Set<string>();
  const close = (id: string): void => {
    const toast = toasts.get(id);
    toasts.delete(id);
    toast?.close();
  };
  return {
    changed(request) {
      if (request.state !== 'pending') {
        told.delete(request.id);
        close(request.id);
        return 'not_shown: not_pending';
      }
      if (told.has(request.id)) return 'not_shown: already_shown';
      if (!supported()) return 'not_shown: unsupported';
      try {
        const toast = create(holdNotification(request));
        toast.on('click', () => openRequest(request.id));
        toast.on('close', () => toasts.delete(request.id));
        toasts.set(request.id, toast);
        told.add(request.id);
        toast.show();
        return 'shown';
      } catch {
        toasts.delete(request.id);
        told.delete(request.id);
        return 'not_shown: failed';
      }
    },
    closeAll() {
      for (const id of [...toasts.keys()]) close(id);
    },
  };
}

/** The words of a toast: who waits where, and for what. No bound values: toasts stay in the system's history. No buttons. */
export function holdNotification(request: ApprovalRequest): NotificationConstructorOptions {
  return {
    title: `${request.agent} waits for you on ${request.connection} (${request.environment})`,
    body: `${request.rule.title}\n${oneLine(request.text)}`,
    urgency: 'critical',
    timeoutType: 'never',
    actions: [],
  };
}
