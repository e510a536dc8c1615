import { noKeychain } from '../sign-in/keychain.ts';

/**
 * How the operator signs in at a provider where the desk is a page in a browser: the page shows the address, so that it is that
 * browser that opens it; and nothing is kept over a restart.
 */
export const consoleSignIn = {
  keychain: noKeychain('Only the desktop app can use the system’s keychain. The sign-in lasts until Postern ends.'),
  openBrowser: () => false,
} as const;
