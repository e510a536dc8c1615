import { create } from 'zustand';

/** Of this browser: a notice that comes back elsewhere does no harm. */
const storageKey = 'postern.suggestions-dismissed';

function stored(): readonly string[] {
  try {
    const list: unknown = JSON.parse(window.localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return []; // storage may be off in a private window; what is dismissed then lasts as long as the window
  }
}

interface DismissedNotices {
  /** Names of connections. */
  readonly connections: readonly string[];
  dismiss(connection: string): void;
}

/** Connections for which the operator does not want to be told of suggested rules again. */
export const useDismissedNotices = create<DismissedNotices>()((set, get) => ({
  connections: stored(),
  dismiss(connection) {
    const connections = [...get().connections.filter((name) => name !== connection), connection];
    set({ connections });
    try {
      window.localStorage.setItem(storageKey, JSON.stringify(connections));
    } catch {
      // not stored: it holds until the window is closed
    }
  },
}));
