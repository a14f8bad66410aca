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

test('a child that was ready and then hangs is ended and started again', async () => {
  const spec = {
    name: 'api',
    module: import.meta.filename,
    args: [],
    env: {},
    execArgv: ['--eval', 'process.send({ type: "ready" }, () => { for (;;); })'],
    askMs: 20,
  };
  const child = supervise(spec, pino({ level: 'silent' }), () => {});
  await child.ready;
  await expect.poll(() => child.state().restarts, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(child.state().detail).toBe('ended by SIGKILL');
  await child.stop();
});

test('a child that answers is left alone', async () => {
  const spec = {
    name: 'api',
    module: import.meta.filename,
    args: [],
    env: {},
    execArgv: [
      '--eval',
      'process.on("message", () => process.send({ type: "alive" })); process.send({ type: "ready" })',
    ],
    askMs: 20,
  };
  const child = supervise(spec, pino({ level: 'silent' }), () => {});
  await child.ready;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(child.state()).toMatchObject({ state: 'ready', restarts: 0 });
  await child.stop();
});
