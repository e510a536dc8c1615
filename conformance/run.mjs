// Node 20 does not read TypeScript: vite loads it. `npm run conformance`, described in CONTRIBUTING.md
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./run.ts', import.meta.url)));
process.exit(await module.run(process.argv.slice(2)));
