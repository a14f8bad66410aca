import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { ScanError } from '../error.ts';
import { type AdvisoryStore, openAdvisoryStore } from './store.ts';

/** A folder for each test, with the feeds written to it and the store that they are published into. */
export function useStore() {
  let root = '';
  let opened: AdvisoryStore[] = [];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'advisories-'));
  });
  afterEach(() => {
    for (const store of opened) store.close();
    opened = [];
    rmSync(root, { recursive: true, force: true });
  });
  return {
    root: () => root,
    dir: () => join(root, 'store'),
    open: async (): Promise<AdvisoryStore> => {
      const store = await openAdvisoryStore(join(root, 'store'));
      opened.push(store);
      return store;
    },
    file: (name: string, content: unknown): string => {
      const path = join(root, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
      return path;
    },
  };
}

export async function failure(work: Promise<unknown>): Promise<ScanError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ScanError);
  return error as ScanError;
}

export const osv = (
  id: string,
  name: string,
  more: Record<string, unknown> = {},
  ecosystem = 'npm',
): Record<string, unknown> => ({
  id,
  modified: '2026-01-01T00:00:00Z',
  affected: [
    { package: { ecosystem, name }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.0' }] }] },
  ],
  ...more,
});
