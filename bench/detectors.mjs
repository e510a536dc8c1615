// Node 20 does not read TypeScript: vite loads it. `node bench/detectors.mjs`: what the second net costs by cell and by row.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('./detectors.ts', import.meta.url)));
module.run();
