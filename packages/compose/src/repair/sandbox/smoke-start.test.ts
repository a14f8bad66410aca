/** Programs that are compiled here, started by runc: what starts as before, and what does not. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inMemory } from '../../files/content.ts';
import { Tree } from '../../files/tree.ts';
import { hasRuntime } from './container.ts';
import { smokeStart } from './smoke-start.ts';

const PROGRAM = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
  if (count > 1 && strcmp(words[1], "wait") == 0) { pause(); return 0; }
  if (count > 1 && strcmp(words[1], "who") == 0) return getuid() == 33 && getgid() == 44 && getenv("TOKEN") ? 0 : 9;
  FILE *status = fopen("/etc/status", "r");
  int value = 0;
  if (!status || fscanf(status, "%d", &value) != 1) { fprintf(stderr, "no status\\n"); return 3; }
  return value;
}
`;

const folder = mkdtempSync(join(tmpdir(), 'pratique-smoke-'));
let unable: string | null = null;
let program = Buffer.alloc(0);
beforeAll(async () => {
  if (!(await hasRuntime('runc'))) unable = 'runc is not installed';
  else if (process.getuid?.() !== 0) unable = 'users are mapped by root alone';
  try {
    execFileSync('gcc', ['-static', '-O1', '-x', 'c', '-o', join(folder, 'app'), '-'], {
      input: PROGRAM,
      stdio: 'pipe',
    });
    program = readFileSync(join(folder, 'app'));
  } catch {
    unable ??= 'there is no C compiler that links statically';
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param files by path; the program is `/app` */
function treeOf(files: Record<string, string>): Tree {
  const tree = new Tree(1_600_000_000);
  for (const name of ['/etc', '/srv']) tree.makeDirectory(name);
  tree.write('/app', inMemory(program), 0o755);
  tree.write('/etc/passwd', inMemory('root:x:0:0::/:/bin/sh\nwww:x:33:33::/:/bin/false\n'), 0o644);
  tree.write('/etc/group', inMemory('root:x:0:\nstaff:x:44:\n'), 0o644);
  for (const [path, content] of Object.entries(files)) tree.write(path, inMemory(content), 0o644);
  return tree;
}
const configOf = (config: object) => ({ rootfs: { diff_ids: [] }, config: { Labels: {}, ...config } });
const start = (before: Tree, after: Tree, config: object, seconds = 5) =>
  smokeStart(before, after, configOf(config), { seconds });

describe('a start before and after a repair', () => {
  test.for<[string, Record<string, string>, Record<string, string>, object, string]>([
    ['ends well both times', { '/etc/status': '0' }, { '/etc/status': '0' }, { Cmd: ['/app'] }, 'ends with status 0'],
    ['fails in the same way', { '/etc/status': '4' }, { '/etc/status': '4' }, { Entrypoint: ['/app'] }, 'status 4'],
    ['goes on both times', {}, {}, { Entrypoint: ['/app'], Cmd: ['wait'] }, 'runs after 1 s'],
    [
      'has the image’s user, group and environment',
      {},
      {},
      { Entrypoint: ['/app', 'who'], User: 'www:staff', Env: ['TOKEN=1'] },
      'ends with status 0',
    ],
  ])('that %s is the same', async ([, was, is, config, detail], context) => {
    if (unable) return context.skip(unable);
    expect(await start(treeOf(was), treeOf(is), config, 1)).toEqual({
      outcome: 'same',
      detail: expect.stringContaining(detail),
    });
  });

  test.for<[string, Record<string, string>, Record<string, string>, object, RegExp]>([
    [
      'fails afterwards',
      { '/etc/status': '0' },
      {},
      { Cmd: ['/app'] },
      /original ends with status 0, the repaired image ends with status 3: no status/,
    ],
    ['ends otherwise', { '/etc/status': '1' }, { '/etc/status': '2' }, { Cmd: ['/app'] }, /status 1, .* status 2/],
  ])('that %s is no repair', async ([, was, is, config, message], context) => {
    if (unable) return context.skip(unable);
    await expect(start(treeOf(was), treeOf(is), config)).rejects.toMatchObject({
      code: 'start-differs',
      message: expect.stringMatching(message),
    });
  });

  test.for<[string, object, RegExp]>([
    ['names no program', {}, /names no program/],
    ['has a user that does not exist', { Cmd: ['/app'], User: 'ghost' }, /no user ghost/],
  ])('is not tried where the image %s, and says so', async ([, config, detail], context) => {
    if (unable) return context.skip(unable);
    expect(await start(treeOf({}), treeOf({}), config)).toEqual({
      outcome: 'not-tried',
      detail: expect.stringMatching(detail),
    });
  });
});
