// Node 20 does not read TypeScript: vite loads it. `npm run effects`, described in CONTRIBUTING.md
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./suite.ts', import.meta.url)));
process.exitCode = await module.runSuite();
