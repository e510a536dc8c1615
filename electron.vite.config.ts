import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const external = ['electron'];

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: true,
      rollupOptions: {
        external,
        // Two hosts over one core: index.js is the desktop app and the only bundle that may import `electron`.
        input: { index: 'src/main/electron/index.ts', cli: 'src/main/cli.ts' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        external,
        input: { index: 'src/preload/index.ts' },
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: { outDir: 'out/renderer', rollupOptions: { input: { index: 'src/renderer/index.html' } } },
  },
});
