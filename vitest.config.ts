import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'packages',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/{cli,console,agent}/src/**/*.test.{ts,tsx}',
            'bootstrap/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['apps/server/src/**/*.test.ts', 'test/**/*.test.ts'],
          globalSetup: ['test/support/postgres.ts'],
        },
      },
    ],
  },
});
