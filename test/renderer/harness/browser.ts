/// <reference types="node" />
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import places from '../../../scripts/chromium.json' with { type: 'json' };

/** Starts the system's Chromium, or the one that POSTERN_CHROMIUM names. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.POSTERN_CHROMIUM ?? places.find((path) => existsSync(path)) ?? places[0] ?? 'chromium',
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--no-first-run'],
  });
}
