/** A process that answers, and those that do not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askChild, ChildFailure } from './ask-child.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-child-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function ask(program: string, limits: { timeoutS?: number; maxAnswer?: number } = {}): Promise<unknown> {
  const script = join(folder, `${Math.random()}.mjs`);
  await writeFile(script, `let text = ''; for await (const piece of process.stdin) text += piece;\n${program}`);
  return askChild({
    script,
    permissions: [],
    cwd: folder,
    memoryMb: 128,
    timeoutS: 20,
    maxAnswer: 1000,
    order: { say: 'hello' },
    ...limits,
  });
}

test('a child is told an order, has no environment but what it is given, and answers once', async () => {
  process.env['CHILD_SECRET'] = 'of the parent';
  const answer = await ask('process.stdout.write(JSON.stringify({ ...JSON.parse(text), env: process.env }))');
  delete process.env['CHILD_SECRET'];
  expect(answer).toMatchObject({ say: 'hello', env: { LANG: 'C.UTF-8' } });
  expect(JSON.stringify(answer)).not.toContain('of the parent');
});

test.each<[string, string, { timeoutS?: number; maxAnswer?: number }, RegExp, boolean]>([
  ['takes too long', 'setInterval(() => {}, 1000)', { timeoutS: 1 }, /^took longer than 1 s and was ended$/, true],
  ['says too much', `process.stdout.write('x'.repeat(5000))`, {}, /^gave an answer that is too large/, true],
  ['says nothing', '', {}, /^ended with code 0/, false],
  ['throws', `throw new Error('no luck')`, {}, /^ended with code 1: .*no luck/s, false],
  ['says what is no JSON', `process.stdout.write('hm')`, {}, /not JSON/, false],
])(
  'a child that %s gave no answer, and it is known whether it would again',
  async (_, program, limits, message, ended) => {
    const failure = await ask(program, limits).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ChildFailure);
    expect([(failure as ChildFailure).message, (failure as ChildFailure).ended]).toEqual([
      expect.stringMatching(message),
      ended,
    ]);
  },
);

test('what a child started ends with it', async () => {
  const program = `
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    writeFileSync('pid', String(spawn('sleep', ['600']).pid));
    setInterval(() => {}, 1000);`;
  await expect(ask(program, { timeoutS: 2 })).rejects.toThrow(/took longer/);
  const { readFile } = await import('node:fs/promises');
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  const state = async () => /^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1];
  await expect.poll(async () => [undefined, 'Z'].includes(await state())).toBe(true);
});
