import type { NotificationConstructorOptions } from 'electron';
import type { TokenRequest } from '../../contract/index.ts';
import type { NotifierPorts, Toast } from './notifier.ts';

/**
 * Tells the operator of programs that wait for a token: returns what is called with those that wait now. A toast leads to the
 * desk and decides nothing. `unseen` is called when there could be no toast.
 */
export function createTokenToasts(
  { supported, create }: Pick<NotifierPorts, 'supported' | 'create'>,
  openDesk: () => void,
  unseen: () => void,
): (waiting: readonly TokenRequest[]) => void {
  const toasts = new Map<string, Toast | null>();
  return (waiting) => {
    for (const [id, toast] of [...toasts]) {
      if (waiting.some((request) => request.id === id)) continue;
      toasts.delete(id);
      toast?.close();
    }
    for (const request of waiting) {
      if (toasts.has(request.id)) continue;
      const toast = supported() ? create(tokenNotification(request)) : null;
      toasts.set(request.id, toast);
      if (toast === null) unseen();
      toast?.on('click', openDesk);
      toast?.show();
    }
  };
}

/** Who gets what; the code is shown where the program was started. */
export function tokenNotification({ connection, provider, code }: TokenRequest): NotificationConstructorOptions {
  return {
    title: `A program asks for a token for ${connection}`,
    body: `It would speak for your sign-in at ${provider}. Code ${code}. Answer at the desk.`,
    urgency: 'critical',
    timeoutType: 'never',
    actions: [],
  };
}
