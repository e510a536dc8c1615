import { defineConfig } from 'vitest/config';

// A value import of `electron` outside Electron would try to download its binary; this path makes it fail fast instead.
const env = { ELECTRON_OVERRIDE_DIST_PATH: '/nonexistent' };

export default defineConfig({
  test: {
    env,
    globalSetup: ['test/support/global-folder.ts'],
    // One group after the other, each with as many workers as it stands: browsers and servers do not share two cores well.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/**/*.integration.test.ts', 'test/e2e/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.integration.test.ts'],
          exclude: ['test/e2e/**'],
          globalSetup: ['test/support/global-postgres.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 90_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
