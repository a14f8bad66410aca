import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Of a machine that has other things to do: what is polled for comes, not in a second.
    expect: { poll: { timeout: 30_000 } },
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
          exclude: ['test/cluster/**'],
          globalSetup: ['test/support/postgres.ts'],
        },
      },
      {
        extends: true,
        test: {
          // A real Kubernetes, one at a time; skipped where `npm run cluster:build` did not run.
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
