/** Archives as GNU tar writes them, in every format it knows. */
import { execFileSync, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeLayers } from './merge-layers.ts';
import { layerOf } from './tar-fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'tar-'));
const LONG = `${'directory-with-a-long-name/'.repeat(6)}${'file'.repeat(30)}`;
const hasTar = /GNU tar/.test(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '');

beforeAll(() => {
  mkdirSync(join(root, LONG, '..'), { recursive: true });
  writeFileSync(join(root, LONG), 'long');
  writeFileSync(join(root, 'ünïcode'), 'text');
  writeFileSync(join(root, 'first'), 'linked');
  linkSync(join(root, 'first'), join(root, 'second'));
  symlinkSync(`./${LONG}`, join(root, 'link'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.for([['gnu'], ['oldgnu'], ['pax'], ['posix']] as const)(
  'format %s: long names, links and contents',
  async ([format], ctx) => {
    if (!hasTar) return ctx.skip('GNU tar is not installed');
    const archive = execFileSync('tar', ['-C', root, '--sort=name', `--format=${format}`, '-c', '.'], {
      maxBuffer: 1 << 26,
    });
    const { tree } = await mergeLayers([layerOf(archive)], {
      examine: () => ({ hash: false, keep: (content) => content, marks: [] }),
    });
    expect(tree.problems).toEqual([]);
    expect(tree.lookup(LONG)?.content?.toString()).toBe('long');
    expect(tree.lookup('ünïcode')?.content?.toString()).toBe('text');
    expect(tree.lookup('link')?.content?.toString()).toBe('long');
    expect([tree.lookup('first')?.content?.toString(), tree.lookup('second')?.content?.toString()]).toEqual([
      'linked',
      'linked',
    ]);
  },
);

test.for([
  ['gnu', '0.0'],
  ['pax', '0.0'],
  ['pax', '0.1'],
  ['pax', '1.0'],
] as const)(
  'sparse files in format %s %s have their size, and what follows is read',
  async ([format, version], ctx) => {
    if (!hasTar) return ctx.skip('GNU tar is not installed');
    const folder = mkdtempSync(join(tmpdir(), 'sparse-'));
    try {
      writeFileSync(join(folder, 'a-sparse'), 'begin');
      truncateSync(join(folder, 'a-sparse'), 50_000_000);
      writeFileSync(join(folder, 'b-plain'), 'plain');
      const archive = execFileSync(
        'tar',
        [
          '-C',
          folder,
          '--sort=name',
          '--sparse',
          `--format=${format}`,
          ...(format === 'pax' ? [`--sparse-version=${version}`] : []),
          '-c',
          '.',
        ],
        { maxBuffer: 1 << 27 },
      );
      const { tree } = await mergeLayers([layerOf(archive)], {
        examine: () => ({ hash: true, keep: (content) => content, marks: [] }),
      });
      expect(tree.lookup('a-sparse')).toMatchObject({ size: 50_000_000, content: null, unread: 'sparse' });
      expect(tree.lookup('b-plain')?.content?.toString()).toBe('plain');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
