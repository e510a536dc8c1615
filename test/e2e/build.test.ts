import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function bundles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.c?js$/.test(name));
}

test('only the desktop app’s own bundle imports Electron: everything else runs where it is not installed', () => {
  const importers = bundles('out/main').filter((name) =>
    /(?:from\s*|import\(|require\()["']electron["']/.test(readFileSync(join('out/main', name), 'utf8')),
  );
  expect(importers).toEqual(['index.js']);
});

test('the preload is one CommonJS file that requires nothing but Electron, as the sandbox demands', () => {
  expect(bundles('out/preload')).toEqual(['index.cjs']);
  const required = readFileSync('out/preload/index.cjs', 'utf8').match(/require\("[^"]+"\)/g);
  expect(required).toEqual(['require("electron")']);
});
