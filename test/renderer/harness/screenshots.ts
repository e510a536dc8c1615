/// <reference types="node" />
// Takes a picture of every screen in both themes and two widths: `node test/renderer/harness/screenshots.mjs [folder] [name…]`.
// It fails when axe finds a violation, the page reports an error, or something is wider than the window.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launchChromium } from './browser.ts';
import { screens } from './screens.ts';
import { serveHarness } from './serve.ts';

const [folder = 'screenshots', ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const harness = await serveHarness('development');
const browser = await launchChromium();
const faults: string[] = [];
for (const theme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries({
    wide: { width: 1280, height: 800 },
    narrow: { width: 420, height: 800 },
  })) {
    const context = await browser.newContext({
      viewport,
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
    });
    for (const screen of screens) {
      if (only.length > 0 && !only.includes(screen.name)) continue;
      const page = await context.newPage();
      const label = `${screen.name}-${theme}-${size}`;
      page.on('console', (message) => message.type() === 'error' && faults.push(`${label}: ${message.text()}`));
      page.on('pageerror', (error) => faults.push(`${label}: ${error.message}`));
      await page.goto(`${harness.url}${screen.path}`);
      await page.getByRole('status').first().waitFor({ state: 'attached' });
      await page
        .locator('[role=status]:has(.visually-hidden) ~ *')
        .first()
        .waitFor({ state: 'attached', timeout: 300 })
        .catch(() => undefined);
      try {
        await screen.prepare?.(page);
      } catch (error) {
        faults.push(`${label}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
      }
      await page.waitForTimeout(450);
      await page.screenshot({ path: join(folder, `${label}.png`) });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) faults.push(`${label}: ${overflow} px wider than the window`);
      const results = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
      for (const violation of (
        results as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }
      ).violations) {
        faults.push(
          `${label}: axe ${violation.id}: ${violation.nodes
            .slice(0, 3)
            .map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 240)}`)
            .join(' | ')}`,
        );
      }
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
await harness.close();
process.stdout.write(faults.length === 0 ? 'no faults\n' : `${[...new Set(faults)].join('\n')}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
