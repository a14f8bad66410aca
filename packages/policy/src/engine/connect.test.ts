import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectEngine } from './connect.ts';
import { builtEngine, bundleOf } from './engine.fixture.ts';

const built = await builtEngine();

test('an engine that runs already is used through its socket, and its loss is an error', async (context) => {
  if ('reason' in built) return context.skip(built.reason);
  const home = await mkdtemp(join(tmpdir(), 'engine-'));
  const socket = join(home, 's');
  const child = spawn(built.binary, ['--socket', socket], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  const engine = connectEngine({ socket });
  try {
    await once(child.stdout, 'data');
    const bundle = bundleOf({ Hello: 'package a\nviolation contains {"msg": "hello"} if input.review.armed' });
    const evaluation = { bundle, target: 'image.pratique.dev', constraints: ['Hello/hello'], timeoutMs: 1000 };
    expect(await engine.evaluate({ ...evaluation, review: { armed: true } })).toMatchObject([
      { violations: [{ msg: 'hello' }] },
    ]);
    expect(await engine.evaluate({ ...evaluation, review: {} })).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'close');
    await expect(engine.evaluate({ ...evaluation, review: {} })).rejects.toMatchObject({ code: 'engine-unavailable' });
  } finally {
    child.kill('SIGKILL');
    await engine.close();
    await rm(home, { recursive: true });
  }
});
