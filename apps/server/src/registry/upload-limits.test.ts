import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createUploadLimits } from './upload-limits.ts';

const request = () =>
  Object.assign(new EventEmitter(), {
    socket: { bytesRead: 0 },
    readableLength: 0,
    complete: true,
  }) as unknown as IncomingMessage;
const code = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('one caller fills its share, its account another, and what ends makes room', () => {
  const limits = createUploadLimits();
  const begin = (actorId: string, accountId: string) => limits.begin(request(), { actorId, accountId });
  const running = Array.from({ length: 250 }, () => begin('greedy', 'a'));
  expect(code(() => begin('greedy', 'a'))).toBe('TOOMANYREQUESTS');
  running.push(
    ...Array.from({ length: 250 }, () => begin('second', 'a')),
    ...Array.from({ length: 250 }, () => begin('third', 'a')),
  );
  expect(code(() => begin('fourth', 'a'))).toBe('TOOMANYREQUESTS');
  expect(code(() => begin('other', 'b'))).toBe('taken');
  for (const one of running) one.done();
  expect(code(() => begin('greedy', 'a'))).toBe('taken');
  for (const one of Array.from({ length: 249 }, () => begin('greedy', 'a'))) one.done();
});

test('a refusal counts nothing', () => {
  const limits = createUploadLimits();
  const running = Array.from({ length: 250 }, () => limits.begin(request(), { actorId: 'x', accountId: 'a' }));
  for (let n = 0; n < 2000; n++)
    expect(code(() => limits.begin(request(), { actorId: 'x', accountId: 'a' }))).toBe('TOOMANYREQUESTS');
  for (const one of running) one.done();
  expect(code(() => limits.begin(request(), { actorId: 'y', accountId: 'a' }))).toBe('taken');
});

test('uploads that keep bytes are bounded for each account, and those that ended elsewhere do not count', async () => {
  const limits = createUploadLimits();
  const open = new Set<string>();
  const keep = (id: string, account: string) => {
    open.add(id);
    return limits.keep(id, account, async (one) => open.has(one));
  };
  for (let n = 0; n < 2000; n++) await keep(`a-${n}`, 'a');
  await keep('a-0', 'a'); // known already
  await expect(keep('a-more', 'a')).rejects.toMatchObject({ code: 'TOOMANYREQUESTS' });
  await keep('b-0', 'b');
  limits.forget('a-7');
  await keep('a-8000', 'a');
  const fresh = createUploadLimits();
  for (let n = 0; n < 2000; n++) await fresh.keep(`c-${n}`, 'c', async () => false);
  await fresh.keep('c-more', 'c', async () => false); // all of them were finished through another process
});
