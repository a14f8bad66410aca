/** What is written is what git applies. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

const lines = (count: number, at: Record<number, string> = {}) =>
  Array.from({ length: count }, (_, index) => at[index] ?? `line ${index}`).join('\n');

test.for([
  ['one line of many', 'a.txt', `${lines(40)}\n`, `${lines(40, { 20: 'new' })}\n`],
  ['the first and the last line', 'a.txt', `${lines(40)}\n`, `${lines(40, { 0: 'x', 39: 'y' })}\n`],
  ['lines close to each other', 'a.txt', `${lines(40)}\n`, `${lines(40, { 10: 'x', 15: 'y', 23: 'z' })}\n`],
  ['a last line without an end', 'a.txt', lines(5), lines(5, { 4: 'new' })],
  ['an end that comes', 'a.txt', 'a\nb', 'a\nb\n'],
  ['lines that go and come', 'a.txt', `${lines(30)}\n`, `new\n${lines(12)}\n${lines(4, { 0: 'q' })}\n`],
  ['carriage returns', 'a.txt', 'a\r\nb\r\nc\r\n', 'a\r\nx\r\nc\r\n'],
  ['a file that is another one', 'a.txt', `${lines(3000)}\n`, `${lines(3000).replaceAll('line', 'row')}\n`],
  ['repeated lines', 'a.txt', 'x\n{\n}\n{\n}\n{\n}\n', 'x\n{\n}\n{\n y\n}\n{\n}\n'],
  ['an empty file', 'a.txt', '', 'a\nb\n'],
  ['a name with a space and letters beyond ASCII', 'ein Ordner/für "alle".txt', 'a\n', 'b\n'],
] as const)('git applies %s', ([, path, before, after], ctx) => {
  const dir = mkdtempSync(join(tmpdir(), 'diff-'));
  try {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), before);
    const ran = spawnSync('git', ['apply', '-'], { cwd: dir, input: unifiedDiff(path, before, after) });
    if (ran.error) ctx.skip('git is not installed');
    expect(ran.stderr.toString()).toBe('');
    expect(readFileSync(join(dir, path), 'utf8')).toBe(after);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('nothing is written where nothing changed', () => expect(unifiedDiff('a', 'x\n', 'x\n')).toBe(''));
