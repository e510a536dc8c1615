import { useSyncExternalStore } from 'react';

/** Where the operator is. A route may navigate, never decide: links and notifications carry nothing else. */
export type Route =
  | { readonly screen: 'approvals'; readonly id: string | null }
  | { readonly screen: 'sessions'; readonly id: string | null }
  /** The gate's own journal, beside those of the sessions. */
  | { readonly screen: 'gate' }
  | { readonly screen: 'replay'; readonly id: string; readonly at: number | null }
  | { readonly screen: 'rules'; readonly connection: string | null }
  | { readonly screen: 'connections'; readonly tab: ConnectionsTab }
  | { readonly screen: 'reports' }
  | { readonly screen: 'settings' };

/** What the connections screen shows. */
export type ConnectionsTab = 'databases' | 'agents' | 'identity';

export type ScreenName = Route['screen'];

const idPattern = /^[A-Za-z0-9_.-]{1,128}$/;

/** Reads a location hash such as `#/sessions/<id>/replay?t=1500`; anything unknown leads to the approvals. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen, first, second] = path.split('/').map(decode);
  const id = first !== undefined && idPattern.test(first) ? first : null;
  switch (screen) {
    case 'sessions':
      if (id !== null && second === 'replay') return { screen: 'replay', id, at: readTime(query) };
      return { screen: 'sessions', id };
    case 'rules':
      return { screen: 'rules', connection: id };
    case 'connections':
      return { screen: 'connections', tab: first === 'agents' || first === 'identity' ? first : 'databases' };
    case 'gate':
    case 'reports':
    case 'settings':
      return { screen };
    default:
      return { screen: 'approvals', id: screen === 'approvals' ? id : null };
  }
}

/** The hash of a route; `parseRoute` reads it back. */
export function routeHash(route: Route): string {
  switch (route.screen) {
    case 'approvals':
    case 'sessions':
      return `#/${route.screen}${route.id === null ? '' : `/${encodeURIComponent(route.id)}`}`;
    case 'replay':
      return `#/sessions/${encodeURIComponent(route.id)}/replay${route.at === null ? '' : `?t=${Math.round(route.at)}`}`;
    case 'rules':
      return `#/rules${route.connection === null ? '' : `/${encodeURIComponent(route.connection)}`}`;
    case 'connections':
      return route.tab === 'databases' ? '#/connections' : `#/connections/${route.tab}`;
    case 'gate':
    case 'reports':
    case 'settings':
      return `#/${route.screen}`;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

function readTime(query: string): number | null {
  const at = Number(new URLSearchParams(query).get('t') ?? Number.NaN);
  return Number.isFinite(at) && at >= 0 ? at : null;
}

/** Goes to a route; with `replace` the browser's history does not grow. */
export function navigate(route: Route, replace = false): void {
  const hash = routeHash(route);
  if (hash === window.location.hash) return;
  if (replace) {
    window.history.replaceState(null, '', hash);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    window.location.hash = hash;
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

/** The route, kept current. */
export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}
