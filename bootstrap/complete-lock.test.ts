import { describe, expect, test } from 'vitest';
import { completeLock } from './complete-lock.mjs';

const lockWith = (optional: Record<string, string>, others: Record<string, object> = {}) => ({
  packages: { '': {}, 'node_modules/tool': { version: '1.0.0', optionalDependencies: optional }, ...others },
});

describe('completing a lock file', () => {
  test.each([
    ['@tool/cli-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@tool/cli-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['@tool/cli-win32-ia32', { os: ['win32'], cpu: ['ia32'] }],
    ['fsevents', { os: ['darwin'] }],
  ])('puts %s back for its platform only', (name, expected) => {
    const { lock, added } = completeLock(lockWith({ [name]: '^1.2.3' }));
    expect(added).toEqual([name]);
    expect((lock as { packages: Record<string, object> }).packages[`node_modules/${name}`]).toEqual({
      version: '1.2.3',
      optional: true,
      ...expected,
    });
  });

  test('leaves a package alone that a parent folder already holds', () => {
    const { added } = completeLock(lockWith({ there: '1.0.0' }, { 'node_modules/there': { version: '1.0.0' } }));
    expect(added).toEqual([]);
  });
});
