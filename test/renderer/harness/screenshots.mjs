// Node 20 does not read TypeScript: vite loads it. `node test/renderer/harness/screenshots.mjs [folder] [screen…]`
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./screenshots.ts', import.meta.url)));
