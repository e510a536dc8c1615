// Node 20 does not read TypeScript: vite loads it. `npm run soak`, described in CONTRIBUTING.md
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./soak.ts', import.meta.url)));
await module.run();
