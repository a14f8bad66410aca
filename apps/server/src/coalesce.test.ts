import { expect, test } from 'vitest';
import { coalesce } from './coalesce.ts';

test('those who come while a run is under way share the next one', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const shared = coalesce(async () => {
    const gate = Promise.withResolvers<void>();
    const number = gates.push(gate);
    await gate.promise;
    return number;
  });
  const first = shared();
  const second = [shared(), shared(), shared()];
  gates[0]?.resolve();
  expect(await first).toBe(1);
  const third = shared();
  gates[1]?.resolve();
  expect(await Promise.all(second)).toEqual([2, 2, 2]);
  gates[2]?.resolve();
  expect(await third).toBe(3);
});

test('a run that fails fails for those who waited for it, and for nobody after', async () => {
  let runs = 0;
  const shared = coalesce(async () => {
    if (++runs === 1) throw new Error('once');
    return runs;
  });
  const results = await Promise.allSettled([shared(), shared()]);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
  expect(await shared()).toBe(3);
});
