/** The program as a process: whatever node finds it, exit codes and pipes arrive. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext, test } from 'vitest';
import { currentBundle, stampOf } from '../bin/bundle-stamp.mjs';

const BIN = fileURLToPath(new URL('../bin/pratique.mjs', import.meta.url));
const SOURCES = fileURLToPath(new URL('main.ts', import.meta.url));

/** Another node of this machine than the one that runs the tests. */
function olderNode(ctx: TestContext): string {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node']) {
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    if (status === 0 && Number(/^v(\d+)/.exec(stdout)?.[1]) < 24) return path;
  }
  return ctx.skip('this machine has no Node older than 24');
}

test.for(['this', 'an older'])('under %s Node answers and exit codes arrive', (which, ctx) => {
  const node = which === 'this' ? process.execPath : olderNode(ctx);
  const run = (args: string[], input: string) => {
    const { status, stdout, stderr } = spawnSync(node, [BIN, ...args], { encoding: 'utf8', input });
    return { status, stdout, stderr };
  };
  expect(run(['versions', 'compare', 'deb'], '1.0~rc1 1.0\n')).toEqual({ status: 0, stdout: '-1\n', stderr: '' });
  expect(run(['versions', 'compare', 'npm'], 'one two\n')).toMatchObject({ status: 3, stdout: '' });
  expect(run(['versions', 'compare', 'roman'], '')).toMatchObject({ status: 2, stdout: '' });
});

test('a reader that closes early ends the program quietly', () => {
  const { status, stderr } = spawnSync('sh', ['-c', '"$0" "$1" scan --help | head -1', process.execPath, BIN], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('help needs none of the heavy modules', () => {
  // Loading any of them would fail: the loader refuses every package but commander.
  const guard = `data:text/javascript,${encodeURIComponent(
    'import { registerHooks } from "node:module"; registerHooks({ resolve(specifier, context, next) { if (/^(@pratique|zod|js-yaml)/.test(specifier)) throw new Error("loaded " + specifier); return next(specifier, context); } });',
  )}`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', guard, SOURCES, '--help'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('joined modules stand for the sources only as long as none of these changed', async () => {
  const dist = await mkdtemp(join(tmpdir(), 'pratique-bundle-'));
  try {
    const source = join(dist, 'source.ts');
    await writeFile(source, 'one');
    const { mtimeMs, size } = await stat(source);
    const stamp = (text: string) => writeFile(stampOf(dist), text);
    expect(currentBundle(dist)).toBeNull();
    await stamp(JSON.stringify({ folder: 'made', inputs: [[source, mtimeMs, size]] }));
    expect(currentBundle(dist)).toBeNull(); // what it names is not there
    await mkdir(join(dist, 'made'));
    await writeFile(join(dist, 'made', 'main.mjs'), '');
    expect(currentBundle(dist)).toBe(join(dist, 'made', 'main.mjs'));
    await writeFile(source, 'more');
    expect(currentBundle(dist)).toBeNull();
    await rm(source);
    expect(currentBundle(dist)).toBeNull();
    await stamp('{"folder":');
    expect(currentBundle(dist)).toBeNull();
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
});
