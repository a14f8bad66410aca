import { pino } from 'pino';
import { expect, test } from 'vitest';
import { supervise } from './child.ts';

test('a child that ends at once is started again, says how it ended, and is stopped', async () => {
  const spec = {
    name: 'api',
    module: import.meta.filename,
    args: [],
    env: {},
    execArgv: ['--eval', 'process.exit(7)'],
  };
  const child = supervise(spec, pino({ level: 'silent' }), () => {});
  await expect.poll(() => child.state().restarts).toBeGreaterThan(1);
  expect(child.state().detail).toBe('ended with code 7');
  await child.stop();
  expect(child.state()).toMatchObject({ state: 'stopped', pid: null });
});
