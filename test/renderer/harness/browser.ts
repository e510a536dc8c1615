/// <reference types="node" />
import { type Browser, chromium } from 'playwright-core';

/** Starts the system's Chromium, or the one that POSTERN_CHROMIUM names. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.POSTERN_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--no-first-run'],
  });
}
