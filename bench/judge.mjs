// Node 20 does not read TypeScript: vite loads it. `npm run bench:judge`, described in CONTRIBUTING.md
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./judge.ts', import.meta.url)));
await module.run();
