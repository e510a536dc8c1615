import { useSyncExternalStore } from 'react';

/** What the operator chose; `system` follows the operating system. */
export const themeChoices = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];
export type Theme = 'light' | 'dark';

const storageKey = 'postern.theme';
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

/** The stored choice; `system` when there is none or storage is not available. */
export function themeChoice(): ThemeChoice {
  try {
    const stored = window.localStorage.getItem(storageKey);
    return themeChoices.find((choice) => choice === stored) ?? 'system';
  } catch {
    return 'system'; // storage may be off in a private window; the theme then lasts as long as the window
  }
}

/** The theme in effect now. */
export function theme(): Theme {
  const choice = (document.documentElement.dataset.themeChoice as ThemeChoice | undefined) ?? themeChoice();
  if (choice !== 'system') return choice;
  return prefersDark.matches ? 'dark' : 'light';
}

function apply(choice: ThemeChoice): void {
  document.documentElement.dataset.themeChoice = choice;
  document.documentElement.dataset.theme = theme();
  for (const listener of [...listeners]) listener();
}

/** Stores a choice and puts it into effect. */
export function chooseTheme(choice: ThemeChoice): void {
  try {
    window.localStorage.setItem(storageKey, choice);
  } catch {
    // not stored: it holds until the window is closed
  }
  apply(choice);
}

/** Puts the stored theme into effect and follows the system from then on. Call once, before the first render. */
export function startTheme(): void {
  apply(themeChoice());
  prefersDark.addEventListener('change', () => apply(currentChoice()));
}

function currentChoice(): ThemeChoice {
  return (document.documentElement.dataset.themeChoice as ThemeChoice | undefined) ?? 'system';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The choice and the theme in effect, kept current. */
export function useTheme(): { readonly choice: ThemeChoice; readonly theme: Theme } {
  const choice = useSyncExternalStore(subscribe, currentChoice);
  const inEffect = useSyncExternalStore(subscribe, theme);
  return { choice, theme: inEffect };
}
